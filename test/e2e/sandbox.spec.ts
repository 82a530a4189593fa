/** The sandbox without any server: three PGlite nodes in the visitor's browser, from the static build. */
import {
  conflictIsDecided,
  errorIsMarked,
  insertTravels,
  resetBringsBack,
  SandboxPage,
  stoppedNodeCatchesUp,
} from './sandbox-page.ts';
import { expect, expectNoSideScroll, test } from './site-fixture.ts';

test.describe.configure({ timeout: 120_000 });

test('a row typed on node a is seen on b and c; an error is marked at its place', async ({ page }) => {
  const sandbox = new SandboxPage(page);
  await sandbox.open();
  await expect(page.getByText('In your browser')).toBeVisible();
  await insertTravels(sandbox);
  await errorIsMarked(sandbox);
  await expectNoSideScroll(page);
});

test('both sides of a cut write the same row: one wins everywhere, the other is kept', async ({ page }) => {
  const sandbox = new SandboxPage(page);
  await sandbox.open();
  await conflictIsDecided(sandbox);
  await expectNoSideScroll(page);
});

test('a stopped node catches up, and reset brings the first rows back', async ({ page }) => {
  const sandbox = new SandboxPage(page);
  await sandbox.open();
  await stoppedNodeCatchesUp(sandbox);
  await resetBringsBack(sandbox);
});

test('the goal and a recording that moves are there before the nodes are', async ({ page }) => {
  // The databases never arrive in this test.
  await page.route('**/sandbox/*.bin', () => undefined);
  await page.goto('/sandbox/');
  await expect(page.getByText('Write a row on one')).toBeVisible();
  await expect(page.getByText('Recording', { exact: true })).toBeVisible();
  await expect(page.locator('.journey').first()).toBeAttached();
  await expect(page.getByRole('status')).toContainText(/starting/);
  await expectNoSideScroll(page);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('a start that fails says why, and can be tried again', async ({ page, pageErrors }) => {
  await page.route('**/sandbox/node.json', (route) => route.abort());
  await page.goto('/sandbox/');
  await expect(page.getByRole('alert')).toContainText('The cluster did not start.', { timeout: 30_000 });
  // The browser itself reports the request that was refused here.
  pageErrors.length = 0;
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again now' }).click();
  await new SandboxPage(page).expectEqual(60_000);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the keyboard alone does everything', async ({ page }) => {
  const sandbox = new SandboxPage(page);
  await sandbox.open();
  await page.keyboard.press('2');
  const editor = page.getByRole('textbox', { name: 'SQL for node b' });
  await expect(editor).toBeFocused();
  // Keys are letters while somebody types, and Tab leaves the editor.
  await page.keyboard.type('kpr?');
  await expect(editor).toContainText('kpr?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Run on b' })).toBeFocused();
  await editor.focus();
  await page.keyboard.press('Tab');
  await expect(editor).not.toBeFocused();
  await editor.fill('SELECT 1 AS one');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(sandbox.console('b')).toContainText('1 row, ');
  await editor.fill('SELECT 2 AS two');
  await page.keyboard.press('Alt+ArrowUp');
  await expect(editor).toHaveText('SELECT 1 AS one');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(editor).toHaveText('SELECT 2 AS two');

  await page.getByRole('button', { name: 'Run on b' }).focus();
  await page.keyboard.press('p');
  await expect(page.getByRole('button', { name: 'Resume the engine' })).toBeVisible();
  await page.keyboard.press('p');
  await expect(page.getByRole('button', { name: 'Pause the engine' })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');

  const node = page.getByRole('button', { name: /^Node c \(square\), running/ });
  await node.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Stop node c' }).last()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(node).toBeFocused();
  const link = page.getByRole('button', { name: /^Link b to c, up/ });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Link b to c, cut/ })).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`nothing serious for assistive technology in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const sandbox = new SandboxPage(page);
    await sandbox.open();
    await sandbox.expectNothingSerious();
    await conflictIsDecided(sandbox);
    await errorIsMarked(sandbox);
    await sandbox.press('Cut the link b to c');
    await sandbox.expectNothingSerious();
  });

test('the switches of links and nodes are in sight on a desk and behind one button on a phone', async ({
  page,
  isMobile,
}) => {
  await new SandboxPage(page).open();
  const cut = page.getByRole('button', { name: 'Cut the link a to b', exact: true });
  await expect(cut).toBeVisible({ visible: !isMobile });
  if (!isMobile) return;
  await page.getByText('Links and nodes: cut, heal, stop, start').click();
  await expect(cut).toBeVisible();
});
