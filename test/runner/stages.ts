/** The stages of `npm test`, in the order in which they run: the fast ones first. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upToDateSite } from '../../sandbox/cli-site.ts';
import { chromiumPath, noChromium } from '../chromium.ts';
import { obstacleToDockerTests } from '../sandbox/docker.ts';
import { type Counts, judge, noCounts } from './counts.ts';
import { countDeno, countPlaywright } from './read-reports.ts';
import { root, runChild } from './run-child.ts';

export const stages: Record<string, () => Promise<Counts[]>> = {
  types: async () => [
    // Astro's checker comes first: it writes the types of the site's own modules, which a fresh clone lacks.
    await check('types of Astro', ['astro', 'check', '--tsconfig', 'tsconfig.astro.json']),
    await check('types of TypeScript', ['tsc', '--noEmit']),
    await check('types of Svelte', ['svelte-check', '--tsconfig', './tsconfig.json', '--threshold', 'error']),
  ],
  lint: async () => [await check('lint', ['biome', 'check', '.'])],
  unit: () => vitest(['unit', 'site']),
  model: () => vitest(['model']),
  engine: () => vitest(['engine']),
  'engine on Docker': engineOnDocker,
  sandbox: async () => [...(await site()), ...(await vitest(['sandbox']))],
  deno: async () => {
    const { code, output } = await runChild(['deno', 'task', 'test'], { NO_COLOR: '1' }, true);
    return [judge('deno', countDeno(output), code)];
  },
  browser: async () => [...(await site()), ...(await playwright())],
};

/** A program whose exit code is the verdict: one check. */
async function check(name: string, command: string[]): Promise<Counts> {
  const { code } = await runChild(command);
  return judge(name, { ...noCounts(), passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }, code);
}

/** What of the engine's tests depends on the server, on the image of the container tests: another version, another build. */
async function engineOnDocker(): Promise<Counts[]> {
  const obstacle = await obstacleToDockerTests();
  if (!obstacle) {
    const files = ['replication', 'crash', 'under-load', 'names-and-values', 'refusals', 'ports'];
    return vitest(
      ['engine'],
      files.map((file) => `test/engine/${file}`),
      {
        CAPRA_TEST_SERVER: 'docker',
      },
    );
  }
  if (process.env.CI) {
    process.stdout.write(`engine on Docker: failed, because ${obstacle}\n`);
    return [{ ...noCounts(), failed: 1 }];
  }
  return [{ ...noCounts(), skipped: [{ name: 'the tests of the engine on a container', reason: obstacle }] }];
}

async function vitest(
  projects: string[],
  filters: string[] = [],
  env: Record<string, string> = {},
): Promise<Counts[]> {
  return withReport(async (file) => {
    const reporter = join(root, 'test/runner/vitest-reporter.ts');
    const { code } = await runChild(
      [
        ...['vitest', 'run', '--passWithNoTests', '--reporter=default', `--reporter=${reporter}`],
        ...projects.map((project) => `--project=${project}`),
        ...filters,
      ],
      { ...env, CAPRA_COUNTS: file },
    );
    return [judge(projects.join(' and '), readJson<Counts>(file), code)];
  });
}

async function playwright(): Promise<Counts[]> {
  const command = ['playwright', 'test', '-c', 'test/e2e/playwright.config.ts'];
  return withReport(async (file) => {
    const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: file };
    if (chromiumPath !== undefined) {
      const { code } = await runChild([...command, '--reporter=list,json'], env);
      const report = readJson<Parameters<typeof countPlaywright>[0]>(file);
      return [judge('browser', report && countPlaywright(report), code)];
    }
    if (process.env.CI) {
      process.stdout.write(`browser: failed, because ${noChromium}\n`);
      return [{ ...noCounts(), failed: 1 }];
    }
    await runChild([...command, '--list', '--reporter=json'], env);
    const listed = countPlaywright(readJson(file) ?? { suites: [] });
    return [{ ...noCounts(), skipped: listed.skipped.map(({ name }) => ({ name, reason: noChromium })) }];
  });
}

/** Builds the site if what it is made of has changed. A build that fails is a failed check of its own. */
async function site(): Promise<Counts[]> {
  try {
    await upToDateSite(new AbortController().signal, (line) => process.stdout.write(`${line}\n`));
    return [];
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`);
    return [{ ...noCounts(), failed: 1 }];
  }
}

async function withReport<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'capra-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
