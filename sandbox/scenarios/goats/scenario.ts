import type { Scenario } from '../scenario.ts';
import { dataSql } from './data-sql.ts';
import { schemaSql } from './schema-sql.ts';

/** The first scenario: one table, a dozen rows, every node a source and a target. */
export const goats: Scenario = {
  name: 'goats',
  title: 'A dozen goats on every node',
  goal: 'Write a row on one node and watch it reach the others; then cut a link and write the same row on both sides.',
  relations: [{ schema: 'public', table: 'goat' }],
  schemaSql,
  dataSql,
  snippets: [
    { title: 'Look at the herd', sql: 'SELECT * FROM goat ORDER BY id;' },
    {
      title: 'Insert a goat',
      sql: "INSERT INTO goat (id, name, coat, legs)\nSELECT max(id) + 1, 'Luna', 'moonlight', 4 FROM goat;",
    },
    { title: 'Update one', sql: "UPDATE goat SET coat = 'summer', seen_at = now() WHERE id = 3;" },
    {
      title: 'Conflict, this side',
      sql: "-- Cut a link first. Run this on one side of it, the other half on the other side, then heal.\nUPDATE goat SET name = 'Rufo of the north' WHERE id = 2;",
    },
    {
      title: 'Conflict, other side',
      sql: "-- The later write wins, on every node. The loser is kept in capra.conflict.\nUPDATE goat SET name = 'Rufo of the south' WHERE id = 2;",
    },
    { title: 'Delete one', sql: 'DELETE FROM goat WHERE id = 9;' },
    { title: 'Change a key', sql: 'UPDATE goat SET id = id + 100 WHERE id = 4;' },
    {
      title: 'Two rows, one transaction',
      sql: 'BEGIN;\nUPDATE goat SET legs = legs - 1 WHERE id = 5;\nUPDATE goat SET legs = legs + 1 WHERE id = 4;\nCOMMIT;',
    },
    {
      title: 'A thousand at once',
      sql: "INSERT INTO goat (id, name, coat)\nSELECT n, 'Goat ' || n, 'counted' FROM generate_series(1000, 1999) AS n;",
    },
    { title: 'Remove the thousand', sql: 'DELETE FROM goat WHERE id BETWEEN 1000 AND 1999;' },
  ],
};
