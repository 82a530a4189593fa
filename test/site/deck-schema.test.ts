import { describe, expect, test } from 'vitest';
import { deckSchema } from '../../src/components/deck/deck-schema.ts';

const GOOD = { title: 'A talk', summary: 'What it is about.', speaker: 'Somebody', date: '2026-11-23' };

function problems(frontMatter: object): string[] {
  const result = deckSchema.safeParse(frontMatter);
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('front matter of a deck', () => {
  test('keeps notes private unless it says otherwise', () => {
    expect(deckSchema.parse(GOOD)).toMatchObject({ notes: 'private', minutes: 20 });
    expect(deckSchema.parse({ ...GOOD, notes: 'public' }).notes).toBe('public');
  });

  test.each([
    [{ ...GOOD, title: undefined }, 'title: The title is missing or is not text.'],
    [{ ...GOOD, title: '   ' }, 'title: The title is empty.'],
    [{ ...GOOD, date: 'soon' }, 'date: The date must be a day such as 2026-11-23.'],
    [{ ...GOOD, notes: 'some' }, 'notes: notes must be "private" or "public".'],
    [{ ...GOOD, summary: 'x'.repeat(301) }, 'longer than 300 characters'],
    [{ ...GOOD, after: { title: 'Earlier' } }, 'after.speaker: The speaker of the earlier talk is missing'],
  ])('is refused with a sentence that says what is wrong (%#)', (frontMatter, sentence) => {
    expect(problems(frontMatter).join('\n')).toContain(sentence);
  });

  test('names a key that it does not know, and those that it knows', () => {
    expect(problems({ ...GOOD, sumary: 'typo' }).join()).toMatch(/Unknown key "sumary".*summary, speaker/);
  });
});
