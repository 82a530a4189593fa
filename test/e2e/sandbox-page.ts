import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect } from './site-fixture.ts';

/** PGlite starts three databases on a shared machine; a server has started them before. */
const START_MS_MAX = 60_000;

/** The sandbox as a person uses it, wherever its nodes run and however wide the window is. */
export class SandboxPage {
  readonly page: Page;
  readonly verdict: Locator;
  readonly events: Locator;

  constructor(page: Page) {
    this.page = page;
    this.verdict = page.getByRole('region', { name: 'Verdict', exact: true });
    this.events = page.getByRole('region', { name: 'Events', exact: true });
  }

  /** Opens the page and waits until all nodes are proven equal. */
  async open(url = '/sandbox/'): Promise<void> {
    await this.page.goto(url);
    await expect(this.page.locator('.console .cm-editor').first()).toBeVisible({ timeout: START_MS_MAX });
    await this.expectEqual(START_MS_MAX);
  }

  console(node: string): Locator {
    return this.page.getByRole('region', { name: `Console of node ${node}` });
  }

  /** Types a script into a node's console and runs it with the keyboard. */
  async run(node: string, script: string): Promise<void> {
    const tab = this.page.getByRole('tab', { name: `Console of node ${node}` });
    if (await tab.isVisible()) await tab.click();
    const editor = this.page.getByRole('textbox', { name: `SQL for node ${node}` });
    await editor.fill(script);
    await editor.press('ControlOrMeta+Enter');
    await expect(this.console(node).getByRole('button', { name: `Run on ${node}` })).toBeEnabled();
  }

  /** Presses one of the switches; on a phone they are behind a button. */
  async press(words: string): Promise<void> {
    const drawer = this.page.getByText('Links and nodes: cut, heal, stop, start');
    const button = this.page.getByRole('button', { name: words, exact: true });
    if ((await drawer.isVisible()) && !(await button.isVisible())) await drawer.click();
    await button.click();
  }

  row(key: string): Locator {
    return this.page.locator(`[data-key="${key}"]`);
  }

  async expectEqual(timeout = 15_000): Promise<void> {
    await expect(this.verdict).toHaveAttribute('data-status', 'equal', { timeout });
    await expect(this.verdict).toContainText('nodes are equal');
  }

  async expectNothingSerious(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
    expect(serious).toEqual([]);
  }
}

/** A row typed on one node is seen on all of them, and its way is told. */
export async function insertTravels(sandbox: SandboxPage): Promise<void> {
  await sandbox.run(
    'a',
    "INSERT INTO goat (id, name, coat) VALUES (13, 'Luna', 'moonlight') RETURNING id, legs",
  );
  await expect(sandbox.console('a')).toContainText('1 row, ');
  await expect(sandbox.row('13')).toContainText('Luna');
  await expect(sandbox.row('13')).toHaveAttribute('data-equal', 'true');
  await sandbox.expectEqual();
  for (const node of ['b', 'c']) {
    await sandbox.run(node, 'SELECT name, coat FROM goat WHERE id = 13');
    await expect(sandbox.console(node).getByRole('cell', { name: 'moonlight' })).toBeVisible();
  }
  await expect(sandbox.events).toContainText(
    /Round \d+, a to [bc]: 1 row of goat read, 1 written, [\d.]+ ms/,
  );
}

/** Both sides of a cut write the same row; after healing the later one wins everywhere and the other is kept. */
export async function conflictIsDecided(sandbox: SandboxPage): Promise<void> {
  // With a apart from both, nothing can travel round.
  await sandbox.press('Cut the link a to b');
  await sandbox.press('Cut the link a to c');
  await expect(sandbox.page.getByRole('button', { name: 'Heal the link a to c' }).first()).toBeVisible();
  await sandbox.run('a', "UPDATE goat SET name = 'Rufo of the north' WHERE id = 2");
  await sandbox.run('b', "UPDATE goat SET name = 'Rufo of the south' WHERE id = 2");
  await expect(sandbox.verdict).toHaveAttribute('data-status', 'blocked');
  await expect(sandbox.row('2')).toHaveAttribute('data-equal', 'false');
  await expect(sandbox.row('2')).toContainText('Rufo of the north');
  await expect(sandbox.row('2')).toContainText('Rufo of the south');

  await sandbox.press('Heal the link a to b');
  await sandbox.press('Heal the link a to c');
  await sandbox.expectEqual();
  await expect(sandbox.row('2')).toHaveAttribute('data-equal', 'true');
  await expect(sandbox.row('2')).toContainText('Rufo of the south');
  await expect(sandbox.row('2')).not.toContainText('Rufo of the north');
  await expect(sandbox.verdict).toContainText('1 conflict');
  await expect(sandbox.verdict).toContainText(/b won over a on\s+goat\s+id 2: rule latest/);
  await expect(sandbox.verdict.getByRole('row', { name: /a lost .*Rufo of the north/ })).toBeVisible();
  await expect(sandbox.events).toContainText('the version of b is later and wins over the one of a');
}

/** An error says what, where and why, and the place is marked in the text. */
export async function errorIsMarked(sandbox: SandboxPage): Promise<void> {
  await sandbox.run('b', 'SELECT 1;\nSELECT nam FROM goat');
  const place = sandbox.console('b');
  await expect(place).toContainText('column "nam" does not exist');
  await expect(place).toContainText('Line 2, column 8. SQLSTATE 42703. The statements before it have run.');
  await expect(place.locator('.cm-lintRange-error')).toHaveText('nam');
}

/** A node that was stopped catches up when it is back. */
export async function stoppedNodeCatchesUp(sandbox: SandboxPage): Promise<void> {
  await sandbox.press('Stop node c');
  await expect(sandbox.verdict).toHaveAttribute('data-status', /blocked|unknown/);
  await sandbox.run('a', "UPDATE goat SET coat = 'winter' WHERE id = 3");
  await expect(sandbox.console('a')).toContainText('UPDATE, 1 row');
  await expect(sandbox.verdict).toHaveAttribute('data-status', /blocked|unknown/);
  await sandbox.press('Start node c');
  await sandbox.expectEqual(30_000);
  await expect(sandbox.row('3')).toContainText('winter');
  await expect(sandbox.row('3')).toHaveAttribute('data-equal', 'true');
}

/** Reset asks, and brings the first rows back. */
export async function resetBringsBack(sandbox: SandboxPage): Promise<void> {
  await sandbox.run('a', 'DELETE FROM goat WHERE id = 1');
  await expect(sandbox.row('1')).toHaveCount(0);
  await sandbox.press('Reset');
  await sandbox.page.getByRole('dialog').getByRole('button', { name: 'Reset the cluster' }).click();
  await expect(sandbox.row('1')).toHaveAttribute('data-equal', 'true', { timeout: 30_000 });
  await sandbox.expectEqual(30_000);
}
