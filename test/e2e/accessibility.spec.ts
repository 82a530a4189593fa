import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, expectNoSideScroll, TALK, test } from './site-fixture.ts';

async function expectNothingSerious(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect(serious).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    for (const path of ['/', '/talks/', TALK, '/404.html'])
      test(`${path} has no serious finding and no side scroll`, async ({ page }) => {
        await page.goto(path);
        await page.waitForLoadState('networkidle');
        await expectNothingSerious(page);
        await expectNoSideScroll(page);
      });

    test('the slides and the list of keys have no serious finding', async ({ page }) => {
      await page.goto(`${TALK}?present#conflict/1`);
      await expect(page.locator('.reveal.ready')).toBeVisible();
      await expectNothingSerious(page);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectNothingSerious(page);
    });
  });
}
