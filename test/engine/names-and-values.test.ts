import { afterEach, describe, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../src/engine/sql.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { backends } from './harness.ts';

/** 63 bytes, the longest name that PostgreSQL keeps. */
const longest = 'x'.repeat(63);
const names = [
  'Goat',
  'two words',
  'say "hi"',
  "it's",
  '🐐 emoji',
  'ünï.cödé',
  'back\\slash',
  '%s',
  'select',
  'new_rows',
  'k1',
  'c1',
  longest,
];

/** Key types and three values of each; the third replaces the first by UPDATE. */
const keys: [type: string, values: [string, string, string]][] = [
  [
    'uuid',
    [
      '00000000-0000-0000-0000-000000000001',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '10000000-0000-0000-0000-000000000001',
    ],
  ],
  ['text', ['', 'a\tb\nc\\d', 'trailing ']],
  ['bytea', ['\\x', '\\x00ff5c', '\\x0a0d09']],
  ['timestamptz', ['2026-11-22 10:00:00.123456+00', 'infinity', '0044-03-15 00:00:00+00 BC']],
  ['numeric', ['1.10', '-12345678901234567890.123456789', 'NaN']],
  ['mood', ['happy', 'so so', 'it\'s "odd"']],
  ['int8', ['9223372036854775807', '-9223372036854775808', '0']],
  ['float8', ['0.1', '-Infinity', 'NaN']],
  ['date', ['2026-02-28', '-infinity', 'infinity']],
  ['inet', ['10.0.0.1/8', '::1', '192.168.0.0/16']],
  ['interval', ['1 mon -2 days 03:00:00.5', '-1 year', '0']],
  ['int4range', ['[1,5)', 'empty', '(,7)']],
  ['text[]', ['{}', '{a,NULL,"b\\"c"}', '{{1,2},{3,4}}']],
  ['char(4)', ['ab', 'abcd', 'x']],
];

/** Types without the usual equality, large numbers, arrays of enums: values that must arrive byte for byte. */
const values: [type: string, value: string][] = [
  ...keys.map(([type, [value]]): [string, string] => [type, value]),
  ['bool', 'true'],
  ['int2', '-32768'],
  ['int4', '2147483647'],
  ['float4', '1.17549435e-38'],
  ['money', '-1234.56'],
  ['bpchar', 'x  '],
  ['varchar(10)', 'ten chars.'],
  ['"char"', 'a'],
  ['name', 'pg'],
  ['oid', '4294967295'],
  ['time', '24:00:00'],
  ['timetz', '23:59:59.999999+15:59'],
  ['timestamp', '2026-11-22 10:00:00.000001'],
  ['json', '{"b":1, "a":  [null, 1.0]}'],
  ['jsonb', '{"a": 1e400, "é": "\\u00e9"}'],
  ['jsonpath', '$."a"[*] ? (@ > 1)'],
  ['xml', '<a b="1">x</a>'],
  ['bit(5)', '10101'],
  ['varbit', '1'],
  ['cidr', '10.0.0.0/8'],
  ['macaddr', '08:00:2b:01:02:03'],
  ['macaddr8', '08:00:2b:01:02:03:04:05'],
  ['point', '(1,2)'],
  ['line', '{1,2,3}'],
  ['lseg', '[(0,0),(1,1)]'],
  ['box', '(2,2),(1,1)'],
  ['path', '((0,0),(1,1),(2,0))'],
  ['polygon', '((0,0),(1,1),(2,0))'],
  ['circle', '<(1,1),5>'],
  ['tsvector', "'fat':2 'cat':3A"],
  ['tsquery', "'fat' & !'rat'"],
  ['pg_lsn', '16/B374D848'],
  ['int8multirange', '{[1,3),[5,7)}'],
  ['tstzrange', '["2026-01-01 00:00:00+00",infinity]'],
  ['mood[]', '{happy,NULL,"so so"}'],
  ['bytea[]', '{"\\\\x00","\\\\x5c6e"}'],
  ['numeric', '0.00000000000000000000000000000000000001'],
  ['float8', '1.7976931348623157e+308'],
  ['pair', '(1,"a ""quoted"", b")'],
  ['regtype', 'integer'],
  ['regclass', 'pg_catalog.pg_class'],
  ['regproc', 'pg_catalog.now'],
  ['regprocedure', 'abs(integer)'],
  ['regoper', 'pg_catalog.||/'],
  ['regoperator', '+(integer,integer)'],
  ['regconfig', 'english'],
  ['regdictionary', 'simple'],
  ['regnamespace', 'pg_catalog'],
  ['regrole', 'pg_monitor'],
  ['regcollation', '"C"'],
  ['refcursor', 'c'],
  ['oidvector', '1 2'],
  ['int2vector', '1 2'],
  ['aclitem', 'pg_monitor=r/pg_monitor'],
  ['tid', '(1,2)'],
  ['xid', '4294967295'],
  ['cid', '5'],
  ['pg_snapshot', '10:20:10,14'],
  ['int8range', '[1,9223372036854775807)'],
  ['numrange', '(0.10,)'],
  ['tsrange', '["2026-01-01 00:00:00","2026-01-02 00:00:00")'],
  ['daterange', '[2026-01-01,)'],
  ['int4multirange', '{}'],
  ['nummultirange', '{[1.5,2.5]}'],
  ['tsmultirange', '{(,"2026-01-02 00:00:00")}'],
  ['tstzmultirange', '{["2026-01-01 00:00:00+00",)}'],
  ['datemultirange', '{[2026-01-01,2026-02-01)}'],
  ['xid8', '18446744073709551615'],
  ['txid_snapshot', '10:20:10,14'],
];

describe.each(backends)('on %s', (backend) => {
  let cluster: TestCluster | undefined;
  afterEach(async () => {
    await cluster?.dispose();
    cluster = undefined;
  });

  test('tables, schemas and columns may have any name', async () => {
    const relations = names.map((name) => ({ schema: name === 'Goat' ? 'public' : name, table: name }));
    const schema = relations
      .map(({ schema, table }) => {
        const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
        const second = table === 'k1' ? 'k2' : 'k1';
        return `create schema if not exists ${quoteIdentifier(schema)};
          create table ${quoted} (${quoteIdentifier(table)} int, ${quoteIdentifier(second)} text, "Other ""column""" text,
            generated int generated always as (1) stored, primary key (${quoteIdentifier(second)}, ${quoteIdentifier(table)}));`;
      })
      .join('\n');
    cluster = await startCluster(backend, 2, schema, relations);
    for (const { schema, table } of relations) {
      await cluster.sql.a!.script(
        `insert into ${quoteIdentifier(schema)}.${quoteIdentifier(table)} values (1, 'one', 'x'), (2, 'two', null)`,
      );
      await cluster.sql.b!.script(
        `insert into ${quoteIdentifier(schema)}.${quoteIdentifier(table)} values (3, 'three', 'y')`,
      );
    }
    await cluster.settle();
    for (const { schema, table } of relations) {
      const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
      await cluster.sql.b!.script(
        `update ${quoted} set ${quoteIdentifier(table)} = 9 where ${quoteIdentifier(table)} = 1; delete from ${quoted} where ${quoteIdentifier(table)} = 2`,
      );
    }
    await cluster.settle();
    expect(
      Object.values(await cluster.rows(`${quoteIdentifier(longest)}.${quoteIdentifier(longest)}`))[0],
    ).toEqual(['(3,three,y,1)', '(9,one,x,1)']);
    await cluster.engine.pause();
    await cluster.sql.a!.script(`update "say ""hi"""."say ""hi""" set "Other ""column""" = 'from a'`);
    await cluster.sql.b!.script(`update "say ""hi"""."say ""hi""" set "Other ""column""" = 'from b'`);
    cluster.engine.resume();
    await cluster.settle();
    expect((await cluster.conflicts())[0]!.loser_row).toContain('"Other \\"column\\""');
  });

  const enumType = `create type mood as enum ('happy', 'so so', 'it''s "odd"'); create type pair as (n int, t text);`;

  test('keys may have any type, alone and mixed', async () => {
    const relations = [
      ...keys.map((_, index) => ({ schema: 'public', table: `key_${index}` })),
      { schema: 'public', table: 'mixed' },
    ];
    const schema =
      enumType +
      keys.map(([type], index) => `create table key_${index} (k ${type} primary key, v int);`).join('') +
      `create table mixed (${keys.map(([type], index) => `k${index} ${type}`).join(', ')}, v int, primary key (${keys.map((_, index) => `k${index}`).join(', ')}));`;
    cluster = await startCluster(backend, 2, schema, relations);
    const literal = (value: string, type: string) => `${quoteLiteral(value)}::${type}`;
    for (const [index, [type, [first, second]]] of keys.entries()) {
      await cluster.sql.a!.script(`insert into key_${index} values (${literal(first, type)}, 1)`);
      await cluster.sql.b!.script(`insert into key_${index} values (${literal(second, type)}, 2)`);
    }
    for (const at of [0, 1]) {
      await cluster.sql.a!.script(
        `insert into mixed values (${keys.map(([type, all]) => literal(all[at]!, type)).join(', ')}, ${at})`,
      );
    }
    await cluster.settle();
    for (const [index, [type, [first, second, third]]] of keys.entries()) {
      await cluster.sql.b!.script(
        `update key_${index} set k = ${literal(third, type)} where k = ${literal(first, type)}`,
      );
      await cluster.sql.b!.script(`update key_${index} set v = 3 where k = ${literal(second, type)}`);
    }
    await cluster.sql.b!.script(`update mixed set v = 5 where v = 0; delete from mixed where v = 1`);
    await cluster.settle();
    for (const index of keys.keys())
      expect((await cluster.rows(`key_${index}`)).a, keys[index]![0]).toHaveLength(2);
    expect((await cluster.rows('mixed')).a).toHaveLength(1);
    expect(await cluster.conflicts()).toEqual([]);
  });

  test('values of every built-in type arrive unchanged, and take part in conflicts', async () => {
    const usable: { type: string; sql: string }[] = [];
    const probe = await startCluster(backend, 2, `${enumType} create table t (id int primary key)`, [
      { schema: 'public', table: 't' },
    ]);
    for (const [type, value] of values) {
      // PGlite is built without libxml; a type that a server refuses by itself can't be replicated by it either.
      const works = await probe.sql.a!.query(`select ${quoteLiteral(value)}::${type}`).then(
        () => true,
        () => false,
      );
      if (!works) {
        expect(type, 'refused by the server').toBe('xml');
        continue;
      }
      const sql = `${quoteLiteral(value)}::${type}`;
      usable.push({ type, sql });
      // An array of arrays is the same type, and a modifier belongs to the elements.
      if (!type.endsWith('[]')) usable.push({ type: `${type}[]`, sql: `array[${sql}, null]` });
    }
    await probe.dispose();
    const columns = usable.map(({ type }, index) => `v${index} ${type}`).join(', ');
    cluster = await startCluster(
      backend,
      2,
      `${enumType} create table wide (id int primary key, ${columns})`,
      [{ schema: 'public', table: 'wide' }],
    );
    const list = usable.map(({ sql }) => sql).join(', ');
    await cluster.sql.a!.script(`insert into wide values (1, ${list}); insert into wide (id) values (2)`);
    const rows = await cluster.settle();
    expect(rows).toHaveLength(2);
    // The same row on both sides is recognised although json, xml and point have no equality; a different one is a conflict.
    await cluster.engine.pause();
    await cluster.sql.a!.script(
      `insert into wide values (3, ${list}); update wide set v0 = null where id = 1`,
    );
    await cluster.sql.b!.script(
      `insert into wide values (3, ${list}); update wide set v1 = null where id = 1`,
    );
    cluster.engine.resume();
    await cluster.settle();
    const conflicts = await cluster.conflicts();
    expect(conflicts.map(({ key }) => key)).toEqual(['{"id": "1"}']);
  });

  test('a text of 50 MB arrives', { timeout: 120_000 }, async () => {
    cluster = await startCluster(backend, 2, 'create table big (id int primary key, t text)', [
      { schema: 'public', table: 'big' },
    ]);
    await cluster.sql.a!.script(
      `insert into big select 1, string_agg(md5(i::text), e'\\\\\\t\\n') from generate_series(1, 1500000) i`,
    );
    await cluster.engine.quiet();
    const sums = await Promise.all(
      ['a', 'b'].map((name) => cluster!.sql[name]!.query('select length(t) as l, md5(t) as m from big')),
    );
    expect(Number(sums[0]![0]!.l)).toBeGreaterThan(50_000_000);
    expect(sums[1]).toEqual(sums[0]);
  });
});
