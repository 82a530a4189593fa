import type { Page } from '@playwright/test';
import { expect, expectNoSideScroll, TALK, test } from './site-fixture.ts';

const SLIDES = 13;

async function present(page: Page, at = ''): Promise<void> {
  await page.goto(`${TALK}?present${at}`);
  await expect(page.locator('.reveal.ready')).toBeVisible();
}

const current = (page: Page) => page.locator('.slides > section.present');

test('reads as an article, every slide a section with an address', async ({ page }) => {
  await page.goto(TALK);
  await expect(page.locator('.slides > section[id]')).toHaveCount(SLIDES);
  await page.goto(`${TALK}#merge/2`);
  await expect(page.getByRole('heading', { name: /^Merge/ })).toBeInViewport();
  await expectNoSideScroll(page);
});

test('keeps private notes out of the published page', async ({ request }) => {
  const html = await (await request.get(TALK)).text();
  expect(html).toContain('An animal, and a daemon in Perl');
  expect(html).not.toContain('Most rooms still have one person with a Slony story');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test('every word and figure is there, and no button that would do nothing', async ({ page }) => {
    await page.goto(TALK);
    for (const section of await page.locator('.slides > section').all()) {
      await expect(section.locator('h1, h2')).toBeVisible();
      for (const step of await section.locator('[data-step]').all()) await expect(step).toBeVisible();
    }
    expect(await page.locator('.drawing').count()).toBeGreaterThanOrEqual(8);
    await expect(page.getByRole('button', { name: 'Present' })).toBeHidden();
    await expect(page.getByText('It needs JavaScript')).toBeVisible();
    await expectNoSideScroll(page);
  });
});

test('the button and the key f present, r goes back to the slide that was shown', async ({ page }) => {
  await page.goto(TALK);
  await page.getByRole('button', { name: 'Present' }).click();
  await expect(current(page)).toHaveAttribute('id', 'start');
  await page.keyboard.press('r');
  await expect(page.locator('html')).not.toHaveAttribute('data-deck');
  await page.getByRole('heading', { name: /^Settle/ }).scrollIntoViewIfNeeded();
  await page.evaluate(() => document.getElementById('settle')?.scrollIntoView());
  await page.keyboard.press('f');
  await expect(current(page)).toHaveAttribute('id', 'settle');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('r');
  await expect(page).toHaveURL(/#knowledge$/);
  await expect(page.getByRole('heading', { name: /^Why they agree/ })).toBeInViewport();
});

test('leaves no trace in the article when it stops', async ({ page }) => {
  await page.goto(TALK);
  const snapshot = () =>
    page.locator('.deck-host').evaluate((host) => {
      const shown = [host, ...host.querySelectorAll('.slides, .slides > section, [data-step]')];
      return shown.map((element) => (element.cloneNode(false) as Element).outerHTML).join('\n');
    });
  const before = await snapshot();
  await page.keyboard.press('f');
  await expect(page.locator('.reveal.ready')).toBeVisible();
  for (const key of ['ArrowRight', ' ', 'o', 'o', 'b', 'b', 'End']) await page.keyboard.press(key);
  await page.keyboard.press('r');
  await expect(page.locator('html')).not.toHaveAttribute('data-deck');
  expect(await snapshot()).toBe(before);
});

test('the keys do what the list of keys says', async ({ page }) => {
  await present(page);
  const at = async (id: string, step = 0) => {
    await expect(current(page)).toHaveAttribute('id', id);
    await expect(current(page).locator('.fragment.visible')).toHaveCount(step);
  };
  await page.keyboard.press('ArrowRight');
  await at('bucardo');
  await page.keyboard.press(' ');
  await at('bucardo', 1);
  await page.keyboard.press('PageDown');
  await at('bucardo', 2);
  await page.keyboard.press('Shift+ ');
  await at('bucardo', 1);
  await page.keyboard.press('ArrowDown');
  await at('question');
  await page.keyboard.press('ArrowUp');
  await at('bucardo');
  await page.keyboard.press('End');
  await at('yours');
  await page.keyboard.press('Home');
  await at('start');
  await page.keyboard.press('b');
  await expect(page.locator('.reveal.paused')).toBeVisible();
  await page.keyboard.press('.');
  await expect(page.locator('.reveal.paused')).toHaveCount(0);
  await page.keyboard.press('o');
  await expect(page.locator('.reveal.overview')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('.reveal.overview')).toHaveCount(0);
  const theme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  await page.keyboard.press('t');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).not.toBe(theme);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByRole('dialog').locator('dt')).toHaveCount(13);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(page.locator('html')).not.toHaveAttribute('data-deck');
});

test('the address follows the slide and its steps, and leads back there', async ({ page }) => {
  await present(page, '#fold/1');
  await expect(current(page)).toHaveAttribute('id', 'fold');
  await expect(current(page).locator('.fragment.visible')).toHaveCount(1);
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/\?present#fold\/2$/);
  await page.reload();
  await expect(current(page)).toHaveAttribute('id', 'fold');
  await expect(current(page).locator('.fragment.visible')).toHaveCount(2);
});

test('only the slide on screen can be reached, and its heading has the focus', async ({ page }) => {
  await present(page, '#capture');
  await expect(current(page).locator('h2')).toBeFocused();
  expect(await page.locator('.slides > section:not([inert])').count()).toBe(1);
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press('Tab');
    const outside = await page.evaluate(() => {
      const focused = document.activeElement;
      return focused?.closest('section:not(.present), body > header, body > footer') !== null;
    });
    expect(outside).toBe(false);
  }
});

test('no slide is fuller than its box, and no text on it is smaller than 24 pixels at 1280', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  // The same slide without the margin around it, so that a pixel is a pixel.
  await present(page);
  for (let slide = 0; slide < SLIDES; slide++) {
    const faults = await current(page).evaluate((section) => {
      const box = section.getBoundingClientRect();
      const scale = box.width / 1280;
      return [...section.querySelectorAll<HTMLElement | SVGElement>('*')].flatMap((element) => {
        if (
          element.closest('[aria-hidden], .prose, .visually-hidden, capra-live') ||
          !element.checkVisibility()
        )
          return [];
        const place = element.getBoundingClientRect();
        const faults: string[] = [];
        if (place.width > 0 && (place.bottom > box.bottom + 1 || place.right > box.right + 1))
          faults.push(`${element.tagName} sticks out`);
        const drawing = element.closest('svg');
        const zoom = drawing ? drawing.getScreenCTM()!.a / scale : 1;
        const size = Number.parseFloat(getComputedStyle(element).fontSize) * zoom;
        const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
        if (text && size < 23.9) faults.push(`${size.toFixed(1)} px: ${element.textContent?.slice(0, 30)}`);
        return faults;
      });
    });
    expect(faults, (await current(page).getAttribute('id')) ?? '').toEqual([]);
    await page.keyboard.press('ArrowDown');
  }
});

test('keys typed into a field of a slide are not taken from it; Esc gives them back', async ({ page }) => {
  await present(page, '#fold');
  await current(page).evaluate((section) => {
    const field = document.createElement('textarea');
    field.dataset.keys = 'own';
    section.append(field);
    field.focus();
  });
  const typed = 'SELECT 1 + 1; -- f o b . ? t n r c';
  await page.keyboard.type(typed);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Home');
  await expect(current(page).locator('textarea')).toHaveValue(typed);
  await expect(current(page)).toHaveAttribute('id', 'fold');
  await expect(current(page).locator('.fragment.visible')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(current(page).locator('h2')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(current(page).locator('.fragment.visible')).toHaveCount(1);
});

test('the live slide runs a real cluster: a row written on a is read on b', async ({ page, isMobile }) => {
  test.skip(isMobile, 'the same cluster; once is enough');
  test.setTimeout(180_000);
  await present(page, '#live');
  const consoleOf = (node: string) => page.getByRole('region', { name: `Console of node ${node}` });
  await expect(page.getByText('All three nodes are equal')).toBeVisible({ timeout: 90_000 });
  await page.keyboard.press('c');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type("INSERT INTO goat (id, name, coat, legs) VALUES (4711, 'Laña', 'slate', 4);");
  await page.keyboard.press('Control+Enter');
  await expect(consoleOf('a')).toContainText('1 row');
  await expect(async () => {
    await consoleOf('b').getByRole('button', { name: 'Run on b' }).click();
    await expect(consoleOf('b')).toContainText('Laña', { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  // Nothing that was typed has moved the deck.
  await expect(current(page)).toHaveAttribute('id', 'live');
});

test('a swipe turns the slide', async ({ page, hasTouch }) => {
  test.skip(!hasTouch, 'there is no touch screen in this project');
  await present(page);
  const client = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x, y: 420 }],
    });
  await touch('touchStart', 320);
  for (const x of [260, 200, 140]) await touch('touchMove', x);
  await touch('touchEnd', 140);
  await expect(current(page)).toHaveAttribute('id', 'bucardo');
});

test('the list of talks leads to the talk', async ({ page }) => {
  await page.goto('/talks/');
  await page.getByRole('link', { name: /^Bucardo/ }).click();
  await expect(page).toHaveURL(new RegExp(`${TALK}$`));
});
