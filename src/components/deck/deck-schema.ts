import { z } from 'astro/zod';

const words = (what: string) =>
  z
    .string({ error: `${what} is missing or is not text.` })
    .trim()
    .min(1, `${what} is empty.`);
const date = (what: string) => z.coerce.date({ error: `${what} must be a day such as 2026-11-23.` });

/** Front matter of `slides/<slug>/deck.mdx`. Unknown keys are refused, so that a typing error cannot hide. */
export const deckSchema = z.strictObject(
  {
    title: words('The title'),
    /** One or two sentences: the list of talks, search engines and link previews show them. */
    summary: words('The summary').max(
      300,
      'The summary is longer than 300 characters; say it in two sentences.',
    ),
    speaker: words('The speaker'),
    /** Last day on which the deck was changed for an audience. */
    date: date('The date'),
    /** Length of the talk. @default 20 */
    minutes: z.number().int().min(1).max(240).default(20),
    /** Speaker notes are left out of the published page unless this says `public`. @default 'private' */
    notes: z
      .enum(['private', 'public'], { error: 'notes must be "private" or "public".' })
      .default('private'),
    /** An earlier talk that this one stands on. */
    after: z
      .strictObject({
        title: words('The title of the earlier talk'),
        speaker: words('The speaker of the earlier talk'),
        event: words('The event of the earlier talk'),
        place: words('The place of the earlier talk'),
        date: date('The date of the earlier talk'),
      })
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `Unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}. A deck knows title, summary, speaker, date, minutes, notes and after.`
        : undefined,
  },
);

export type DeckData = z.infer<typeof deckSchema>;
