import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs|svelte|astro|mdx)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** What a file imports: packages by name, own files by their path from the root. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)(['"])([^'"\n]+)\1/g;
  return [...text.matchAll(pattern)].map(([, , target]) =>
    target!.startsWith('.') ? relative(root, resolve(root, dirname(file), target!)) : target!,
  );
}

const isNode = (target: string) => target.startsWith('node:');
const within = (folder: string) => (target: string) => target === folder || target.startsWith(`${folder}/`);

test('imports point one way: site, then sandbox, then engine', () => {
  const wrong: string[] = [];
  for (const file of files('src/engine')) {
    for (const target of imports(file)) {
      if (within('src')(target) && !within('src/engine')(target)) wrong.push(`${file} -> ${target}`);
      if (['sandbox', 'slides', 'test'].some((folder) => within(folder)(target)))
        wrong.push(`${file} -> ${target}`);
    }
  }
  for (const file of files('sandbox')) {
    for (const target of imports(file)) {
      if (
        ['src/pages', 'src/components', 'src/layouts', 'slides', 'test'].some((folder) =>
          within(folder)(target),
        )
      ) {
        wrong.push(`${file} -> ${target}`);
      }
    }
  }
  for (const folder of ['src', 'sandbox', 'slides']) {
    for (const file of files(folder)) {
      for (const target of imports(file)) if (within('test')(target)) wrong.push(`${file} -> ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the engine imports nothing of Node outside its ports', () => {
  const packages = new Set<string>();
  const wrong: string[] = [];
  for (const file of files('src/engine')) {
    for (const target of imports(file)) {
      if (within('src/engine')(target)) continue;
      if (within('src/engine/ports')(file)) packages.add(target);
      else wrong.push(`${file} -> ${target}`);
    }
  }
  expect(wrong).toEqual([]);
  expect([...packages].sort()).toEqual(['@electric-sql/pglite', 'node:net', 'node:stream', 'postgres']);
});

test('what runs in a browser worker imports nothing of Node', () => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const target of imports(file)) {
      if (isNode(target)) wrong.push(`${file} -> ${target}`);
      else if (target.endsWith('.ts') && (within('src')(target) || within('sandbox')(target))) visit(target);
    }
  };
  visit('sandbox/browser/worker.ts');
  visit('sandbox/client.ts');
  expect(seen.size).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});
