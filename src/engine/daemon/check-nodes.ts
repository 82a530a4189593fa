import { assertSameShape, describeRelation, type RelationShape } from '../capture/describe-relation.ts';
import { isConnectionLoss } from '../errors.ts';
import type { NodeDefinition, RelationName, SyncDefinition } from '../types.ts';

/**
 * Looks at the tables of every node that can be reached, before anything is changed on any.
 * @throws {CapraError} what `describeRelation` and `assertSameShape` throw; the first loss where no node is reachable.
 */
export async function checkNodes({ nodes, relations }: SyncDefinition): Promise<void> {
  let first: { node: string; shapes: RelationShape[] } | null = null;
  let loss: unknown = null;
  for (const node of nodes) {
    try {
      const shapes = await describeAll(node, relations);
      first ??= { node: node.name, shapes };
      for (const [index, shape] of shapes.entries()) {
        assertSameShape(first.shapes[index]!, first.node, shape, node.name);
      }
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      loss ??= error;
    }
  }
  if (!first) throw loss;
}

async function describeAll(node: NodeDefinition, relations: RelationName[]): Promise<RelationShape[]> {
  const connection = await node.connect();
  try {
    const shapes: RelationShape[] = [];
    for (const name of relations) shapes.push(await describeRelation(connection, node.name, name));
    return shapes;
  } finally {
    await connection.close();
  }
}
