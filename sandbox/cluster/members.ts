import type { Scenario } from '../scenarios/scenario.ts';
import { Member } from './member.ts';
import { prepareNode } from './prepare-node.ts';
import { endOtherSessions, resetDatabase } from './reset-database.ts';

/** @param count 2 to 8; names are a to h, numbers start at 1 */
export function makeMembers(count: number): Member[] {
  if (!Number.isInteger(count) || count < 2 || count > 8) {
    throw new Error(`A cluster has 2 to 8 nodes, not ${count}.`);
  }
  return Array.from({ length: count }, (_, index) => new Member(String.fromCharCode(97 + index), index + 1));
}

export function findMember(members: readonly Member[], name: string): Member {
  const found = members.find((member) => member.name === name);
  if (found) return found;
  const names = members.map((member) => member.name).join(', ');
  throw new Error(`There is no node ${JSON.stringify(name)} here. The nodes are ${names}.`);
}

/** Starts a node again on its data. */
export async function bringUp(member: Member): Promise<void> {
  if (!member.node) throw new Error(`Node ${member.name} never started. Start the sandbox again.`);
  member.wanted = 'starting';
  try {
    await member.node.start();
    member.rejoining = true;
    member.wanted = 'running';
  } catch (error) {
    member.wanted = 'stopped';
    throw error;
  }
}

/** Whoever holds a lock would hold up the round that an engine wants to finish before it stops. */
export async function disconnectAll(member: Member): Promise<void> {
  if (member.node?.restore) return;
  const connection = await member.database().connect();
  try {
    await endOtherSessions(connection);
  } finally {
    await connection.close();
  }
}

/** Back to the scenario's first state. @param first whether the scenario's rows begin on this node */
export async function resetMember(member: Member, scenario: Scenario, first: boolean): Promise<void> {
  await member.observer.close();
  const node = member.database();
  await resetDatabase(node);
  await prepareNode(node, scenario, first);
  member.waiting = 0;
  member.rejoining = false;
}
