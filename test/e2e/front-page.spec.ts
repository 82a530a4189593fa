import { expect, expectNoSideScroll, TALK, test } from './site-fixture.ts';

test('the front page says what this is and leads to the sandbox and the talk', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const main = page.getByRole('main');
  await expect(main.getByRole('link', { name: 'Open the sandbox' }).first()).toHaveAttribute(
    'href',
    '/sandbox/',
  );
  await main.getByRole('link', { name: 'Read the talk' }).click();
  await expect(page).toHaveURL(new RegExp(`${TALK}$`));
  await expectNoSideScroll(page);
});

test('a recorded change travels by itself, can be held, and is told in words', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/');
  const moment = page.getByRole('slider', { name: 'Moment of the recorded run' });
  await moment.scrollIntoViewIfNeeded();
  await expect(page.getByRole('button', { name: 'Hold' })).toBeVisible();
  await expect.poll(() => moment.inputValue().then(Number)).toBeGreaterThan(300);
  await page.getByRole('button', { name: 'Hold' }).click();
  const held = await moment.inputValue();
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  expect(await moment.inputValue()).toBe(held);
  await page.getByText('The same run in words').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'has committed' }).first()).toBeVisible();
  await expectNoSideScroll(page);
});

test('nothing moves for somebody who asked for less motion', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/');
  const moment = page.getByRole('slider', { name: 'Moment of the recorded run' });
  await moment.scrollIntoViewIfNeeded();
  await page.waitForLoadState('networkidle');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  expect(await moment.inputValue()).toBe(await moment.getAttribute('max'));
});

test('the choice of day or night stays, and is there before the first paint', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const day = await background();
  await page.getByRole('button', { name: 'Change between day and night colours' }).click();
  const night = await background();
  expect(night).not.toBe(day);
  await page.goto('/talks/', { waitUntil: 'commit' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await background()).toBe(night);
});

test('an address that leads nowhere says so', async ({ page, pageErrors }) => {
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The path ends here');
  // The browser itself notes the status; that is what this test asked for.
  pageErrors.splice(0);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test('the front page still says everything, with the last moment of the run', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Where it stands' })).toBeVisible();
    await expect(page.locator('svg.scene .summit')).toHaveCount(3);
    await expect(page.getByRole('button', { name: 'Change between day' })).toBeHidden();
  });
});
