import { describe, expect, test } from 'vitest';
import { numberSteps } from '../../src/components/deck/number-steps.ts';
import { formatPlace, parsePlace } from '../../src/components/deck/place.ts';
import { actionFor, keyWords, SHORTCUTS } from '../../src/components/deck/shortcuts.ts';

const press = (key: string, held: object = {}) => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...held,
});

describe('steps of a slide', () => {
  test('come one after the other', () => expect(numberSteps([null, null, null])).toEqual([1, 2, 3]));
  test('can come with the one before', () => expect(numberSteps([null, 'with', null])).toEqual([1, 1, 2]));
  test('can ask for a number', () => expect(numberSteps([2, 1, null])).toEqual([2, 1, 2]));
  test('leave no press that shows nothing', () => expect(numberSteps([5, 9, 'with'])).toEqual([1, 2, 2]));
  test('may begin with one that joins nothing', () => expect(numberSteps(['with'])).toEqual([1]));
  test('refuse numbers below one', () => expect(() => numberSteps([0])).toThrow('counted from 1'));
});

describe('the address of a slide', () => {
  test.each([
    ['#merge', { slide: 'merge', step: 0 }],
    ['#merge/2', { slide: 'merge', step: 2 }],
    ['#merge/two', { slide: 'merge', step: 0 }],
    ['#pi%C3%B1a/1', { slide: 'piña', step: 1 }],
    ['#%E0%A4%A', { slide: '%E0%A4%A', step: 0 }],
    ['', null],
    ['#', null],
  ])('%s is read', (hash, place) => expect(parsePlace(hash)).toEqual(place));

  test('is written as it is read', () => {
    for (const place of [
      { slide: 'fold', step: 0 },
      { slide: 'fold', step: 3 },
      { slide: 'año nuevo', step: 1 },
    ])
      expect(parsePlace(formatPlace(place))).toEqual(place);
  });
});

describe('the shortcut table', () => {
  test('binds every key that it prints', () => {
    for (const { keys, modes, action } of SHORTCUTS)
      for (const key of keys)
        for (const mode of modes) {
          const shift = key.startsWith('Shift+');
          expect(actionFor(press(shift ? key.slice(6) : key, { shiftKey: shift }), mode)).toBe(action);
        }
  });

  test('gives no key to two actions', () => {
    const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('leaves scrolling to the reader', () => {
    for (const key of ['ArrowDown', 'ArrowUp', ' ', 'PageDown', 'PageUp', 'Home', 'End', 'Escape'])
      expect(actionFor(press(key), 'read'), key).toBeNull();
  });

  test('takes no key from somebody who types, except those of a clicker', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
    const others = ['ArrowLeft', 'ArrowRight', 'Home', 'End', 'Enter', 'Tab', 'Backspace'];
    for (const key of [...printable, ...others])
      expect(actionFor(press(key), 'present', true), key).toBeNull();
    expect(actionFor(press('PageDown'), 'present', true)).toBe('next');
  });

  test('leaves the shortcuts of the browser alone', () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }])
      for (const { keys } of SHORTCUTS)
        for (const key of keys) expect(actionFor(press(key, held), 'present')).toBeNull();
  });

  test('knows Space from Shift Space, and letters in either case', () => {
    expect(actionFor(press(' '), 'present')).toBe('next');
    expect(actionFor(press(' ', { shiftKey: true }), 'present')).toBe('previous');
    expect(actionFor(press('F', { shiftKey: true }), 'read')).toBe('present');
    expect(actionFor(press('?', { shiftKey: true }), 'read')).toBe('help');
  });

  test('prints keys as people call them', () => {
    expect(['Shift+ ', 'PageDown', 'f'].map(keyWords)).toEqual(['Shift Space', 'Page down', 'f']);
  });
});
