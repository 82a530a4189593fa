import { checkDefinition } from './check-definition.ts';
import { Daemon } from './daemon/daemon.ts';
import type { Engine, EngineOptions, SyncDefinition } from './types.ts';

/**
 * Makes an engine for one sync. Nothing is touched before `start()`.
 *
 * @example
 * const engine = createEngine({
 *   name: 'herd',
 *   nodes: [
 *     { id: 1, name: 'a', connect: () => connectPostgres('postgresql://127.0.0.1:5432/goats', { node: 'a' }) },
 *     { id: 2, name: 'b', connect: () => connectPostgres('postgresql://127.0.0.1:5433/goats', { node: 'b' }) },
 *   ],
 *   relations: [{ schema: 'public', table: 'goat' }],
 * });
 * await engine.start();
 *
 * @throws {CapraError} `bad-definition`
 */
export function createEngine(definition: SyncDefinition, options: EngineOptions = {}): Engine {
  checkDefinition(definition);
  return new Daemon(definition, options);
}
