import type { Engine, LinkStatus } from '../../src/engine/types.ts';
import type { NodeProvider } from '../nodes/node-provider.ts';
import type { ClusterState } from '../protocol.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Member } from './member.ts';

export interface ClusterParts {
  provider: Pick<NodeProvider, 'kind' | 'label'>;
  scenario: Scenario;
  members: readonly Member[];
  /** Null before it has started, while a reset replaces it, and after the end. */
  engine: Engine | null;
  /** What to say of an engine that is not there. */
  withoutEngine: 'starting' | 'stopped';
}

/** Everything that a page of this role may know. */
export function clusterState(parts: ClusterParts, role: ClusterState['role']): ClusterState {
  const { name, title, goal, snippets } = parts.scenario;
  const status = parts.engine?.status();
  return {
    backend: parts.provider.kind,
    backendLabel: parts.provider.label,
    role,
    scenario: { name, title, goal, snippets },
    engine: status?.state ?? parts.withoutEngine,
    nodes: parts.members.map((member) => {
      const seen = status?.nodes.find((node) => node.name === member.name);
      const state = member.state(seen?.reachable ?? false, seen?.error ?? null);
      // Its URL has the speaker's password.
      return role === 'presenter' ? state : { ...state, connectionString: null };
    }),
    links: status?.links ?? everyLink(parts.members),
  };
}

function everyLink(members: readonly Member[]): LinkStatus[] {
  const names = members.map((member) => member.name);
  return names.flatMap((a, index) =>
    names.slice(index + 1).map((b) => ({ a, b, up: true, busyFrom: null, error: null })),
  );
}
