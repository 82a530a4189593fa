import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { deckSchema } from './components/deck/deck-schema.ts';

/** A folder a talk: `slides/<slug>/deck.mdx` is served at `/talks/<slug>/`. */
const decks = defineCollection({
  loader: glob({
    base: './slides',
    pattern: '*/deck.mdx',
    generateId: ({ entry }) => entry.replace(/\/deck\.mdx$/, ''),
  }),
  schema: deckSchema,
});

export const collections = { decks };
