import type { ClusterApi } from '../protocol.ts';

/**
 * The same functions, with errors that can be posted: a database error may carry functions of the driver in its cause,
 * and the structured clone refuses those.
 */
export function plainErrors(api: ClusterApi): ClusterApi {
  const plain = Object.entries(api).map(([name, work]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (work as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw new Error(error instanceof Error ? error.message : String(error));
      }
    },
  ]);
  return Object.fromEntries(plain) as ClusterApi;
}
