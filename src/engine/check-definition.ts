import { CapraError } from './errors.ts';
import { relationLabel } from './sql.ts';
import type { SyncDefinition } from './types.ts';

/**
 * Refuses a definition that can not work, before any node is touched.
 * @throws {CapraError} `bad-definition`
 */
export function checkDefinition(definition: SyncDefinition): void {
  const refuse = (message: string): never => {
    throw new CapraError('bad-definition', `Sync ${JSON.stringify(definition.name)}: ${message}`);
  };
  if (!definition.name) refuse('give it a name.');
  if (definition.nodes.length < 2)
    refuse(`it has ${definition.nodes.length} node(s); replication needs at least two.`);
  if (definition.relations.length === 0) refuse('it replicates no tables; name at least one.');
  for (const { id, name } of definition.nodes) {
    if (!name) refuse(`node ${id} has no name.`);
    if (!Number.isInteger(id) || id < 1 || id > 32_767)
      refuse(`node ${name} has the id ${id}; use 1 to 32767.`);
  }
  const twice = (values: string[]) => values.find((value, index) => values.indexOf(value) !== index);
  const name = twice(definition.nodes.map((node) => node.name));
  if (name !== undefined) refuse(`two nodes are called ${name}.`);
  const id = twice(definition.nodes.map((node) => String(node.id)));
  if (id !== undefined) refuse(`two nodes have the id ${id}.`);
  const relation = twice(definition.relations.map(relationLabel));
  if (relation !== undefined) refuse(`table ${relation} is named twice.`);
  for (const [a, b] of definition.links ?? []) {
    for (const end of [a, b]) {
      if (!definition.nodes.some((node) => node.name === end))
        refuse(`a link names the node ${end}, which is not there.`);
    }
    if (a === b) refuse(`a link joins node ${a} with itself.`);
  }
}
