/**
 * Starts everything in this project: `node launch.mjs FILE.ts|PROGRAM arguments...`. It installs the packages where
 * they are missing and then runs the target with the project's own Node, whatever Node it was started with.
 *
 * Plain JavaScript of the year 2020: it has to parse in order to say that a Node is too old.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync, utimesSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const windows = process.platform === 'win32';

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`capra: ${error.message}\n`);
    process.exit(1);
  },
);

async function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new Error(
      `this is Node ${process.versions.node}, and Capra needs Node 20 or newer to install itself. Install a newer Node from https://nodejs.org and try again.`,
    );
  }
  const [target, ...args] = process.argv.slice(2);
  if (!target) throw new Error('nothing to run. Use: node launch.mjs FILE.ts|PROGRAM arguments...');
  if (needsInstall()) await install();
  const node = ownNode(major);
  const [program, ...before] = commandFor(target, node);
  const bin = join(root, 'node_modules', '.bin');
  const env = Object.assign({}, process.env, {
    PATH: `${bin}${delimiter}${process.env.PATH || ''}`,
    CAPRA_LAUNCHED: '1',
  });
  return run(program, before.concat(args), {
    stdio: 'inherit',
    env,
    shell: windows && program.endsWith('.cmd'),
  });
}

/** npm leaves a copy of the lock file in node_modules: what it says there is what is installed. */
function needsInstall() {
  const wanted = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return true;
  if (statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return false;
  // Git gives files a new time without a new content.
  const want = JSON.parse(readFileSync(wanted, 'utf8')).packages;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const differs = Object.keys(want).some((path) => {
    if (path === '') return false;
    if (!have[path]) return !want[path].optional;
    return have[path].version !== want[path].version;
  });
  if (!differs) {
    const now = new Date();
    utimesSync(installed, now, now);
  }
  return differs;
}

async function install() {
  process.stderr.write('capra: installing the packages, which takes about a minute the first time\n');
  const clean = await npm(['ci']);
  if (clean.code === 0) return;
  if (clean.signal) process.exit(clean.code);
  const plain = await npm(['install']);
  if (plain.code === 0) return;
  if (plain.signal) process.exit(plain.code);
  if (!process.stderr.isTTY) process.stderr.write(plain.output);
  throw new Error(
    `npm could not install the packages (exit code ${plain.code}). Its reason is above; check the network, the free disk space and the rights on ${root}, then try again.`,
  );
}

/** Runs npm: the very one that started us, if one did. Everything it prints goes to stderr; stdout is the target's. */
async function npm(args) {
  const flags = args.concat(['--no-audit', '--no-fund', '--include=dev', '--include=optional']);
  const own = process.env.npm_execpath;
  const given = own && /npm-cli\.[cm]?js$/.test(own) && existsSync(own);
  const [program, before] = given ? [process.execPath, [own]] : [windows ? 'npm.cmd' : 'npm', []];
  const output = process.stderr.isTTY ? 2 : 'pipe';
  const collected = [];
  const result = { code: 0, signal: false, output: '' };
  const options = { cwd: root, stdio: ['ignore', output, output], shell: windows && !given };
  result.code = await run(program, before.concat(flags), options, (child) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) stream.on('data', (chunk) => collected.push(chunk));
    }
    child.once('exit', (_, signal) => {
      result.signal = signal !== null;
    });
  });
  result.output = Buffer.concat(collected).toString();
  return result;
}

/** The Node of the package `node`, or this one where it is new enough to run TypeScript as it is. */
function ownNode(major) {
  const own = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  if (major >= 24) return process.execPath;
  throw new Error(
    `the project's own Node is missing (node_modules/node/bin), and Node ${process.versions.node} can't take its place. Run "npm rebuild node", or install Node 24.`,
  );
}

function commandFor(target, node) {
  if (/\.m?[jt]s$/.test(target)) return [node, resolve(root, target)];
  const bin = join(root, 'node_modules', '.bin', target);
  if (windows && existsSync(`${bin}.cmd`)) return [`${bin}.cmd`];
  if (!existsSync(bin)) {
    throw new Error(
      `there is no program "${target}" in node_modules/.bin, and it is no .ts file. Run "npm ci" if it should be there.`,
    );
  }
  const file = realpathSync(bin);
  return /^#!.*\bnode\b/.test(readFileSync(file, 'latin1').slice(0, 100)) ? [node, file] : [file];
}

/** Runs a program to its end; signals that reach us reach it. Resolves with its exit code, 128 + n for signal n. */
function run(program, args, options, onStart) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, options);
    const forward = {};
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      forward[name] = () => {
        // A terminal sends Ctrl-C to the whole group: the child has it already. We only wait for it to clean up.
        if (name === 'SIGINT' && process.stdin.isTTY) return;
        child.kill(name);
      };
      process.on(name, forward[name]);
    }
    // npm's shell does not pass a signal on, it dies of it: then nobody is left who could tell us to stop.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event && process.ppid !== parent) child.kill('SIGTERM');
    }, 500);
    const finish = () => {
      clearInterval(watch);
      for (const name of Object.keys(forward)) process.removeListener(name, forward[name]);
    };
    if (onStart) onStart(child);
    child.once('error', (error) => {
      finish();
      fail(new Error(`${program} can't be started (${error.message}). Run "npm ci" and try again.`));
    });
    child.once('close', (code, signal) => {
      finish();
      done(signal ? 128 + (constants.signals[signal] || 0) : code);
    });
  });
}
