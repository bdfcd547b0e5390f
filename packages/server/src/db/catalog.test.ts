import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../testing/database.ts'
import { runSql } from '../testing/statement.ts'
import { readSchema } from './catalog.ts'

describe('catalog reader', () => {
  let test: TestDatabase

  beforeEach(async () => {
    test = await createTestDatabase({ empty: true })
  })
  afterEach(() => test.drop())

  const run = async (...statements: string[]) => {
    for (const statement of statements) await runSql(test.db, statement)
  }
  /** The schema without its heading. */
  const read = async () => (await readSchema(test.db)).split('\n').slice(3).join('\n')

  it('writes everything that belongs to a table, by name', async () => {
    await run(
      'create table parents (id int primary key, name text collate "C" not null unique)',
      `create table things (
         id       bigint generated always as identity primary key,
         parent   int references parents on delete cascade,
         "Odd"    text[] not null default '{}',
         doubled  bigint generated always as (id * 2) stored,
         happened timestamptz(3),
         constraint odd_is_short check (cardinality("Odd") < 3),
         exclude using btree (parent with =)
       ) with (fillfactor = 70)`,
      'create index things_happened on things (happened desc) where parent is not null',
      'create unlogged table cache (id int)',
      'alter table cache enable row level security',
      'create sequence numbers as int increment by 2 cycle',
      "create function note() returns trigger language plpgsql as 'begin return new; end'",
      'create trigger noted after insert on things for each row execute function note()',
      'create trigger off_by_choice after insert on things for each row execute function note()',
      'alter table things disable trigger off_by_choice',
    )
    assert.equal(
      await read(),
      `CREATE OR REPLACE FUNCTION public.note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$begin return new; end$function$;

CREATE SEQUENCE numbers AS integer INCREMENT BY 2 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1 CYCLE;

CREATE UNLOGGED TABLE cache (
  id integer
);
ALTER TABLE cache ENABLE ROW LEVEL SECURITY;

CREATE TABLE parents (
  id integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  CONSTRAINT parents_pkey PRIMARY KEY (id),
  CONSTRAINT parents_name_key UNIQUE (name)
);

CREATE TABLE things (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  parent integer,
  "Odd" text[] DEFAULT '{}'::text[] NOT NULL,
  doubled bigint GENERATED ALWAYS AS (id * 2) STORED,
  happened timestamp(3) with time zone,
  CONSTRAINT things_pkey PRIMARY KEY (id),
  CONSTRAINT things_parent_excl EXCLUDE USING btree (parent WITH =),
  CONSTRAINT odd_is_short CHECK (cardinality("Odd") < 3),
  CONSTRAINT things_parent_fkey FOREIGN KEY (parent) REFERENCES parents(id) ON DELETE CASCADE
) WITH (fillfactor=70);
CREATE INDEX things_happened ON public.things USING btree (happened DESC) WHERE (parent IS NOT NULL);
CREATE TRIGGER noted AFTER INSERT ON things FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER off_by_choice AFTER INSERT ON things FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE things DISABLE TRIGGER off_by_choice;
`,
    )
  })

  it('writes a partitioned table and its default, whatever months there are', async () => {
    await run(
      'create table log (at date not null, n int) partition by range (at)',
      'create index log_n on log (n)',
      'create table log_default partition of log default',
    )
    const before = await read()
    await run(
      "create table log_2026 partition of log for values from ('2026-01-01') to ('2027-01-01')",
    )
    assert.equal(await read(), before)
    assert.equal(
      before,
      `CREATE TABLE log (
  at date NOT NULL,
  n integer
) PARTITION BY RANGE (at);
CREATE INDEX log_n ON ONLY public.log USING btree (n);

CREATE TABLE log_default PARTITION OF log DEFAULT;
`,
    )
  })

  it('shows any change of a column', async () => {
    await run('create table t (a int, b text)')
    const seen = new Set([await read()])
    for (const change of [
      'alter table t alter a type bigint',
      'alter table t alter a set not null',
      'alter table t alter b set default 1',
      'alter table t add check (a > 0)',
      'alter table t rename b to c',
      'create index on t (c)',
      'alter table t drop c',
    ]) {
      await run(change)
      const schema = await read()
      assert.ok(!seen.has(schema), change)
      seen.add(schema)
    }
  })

  it('refuses to leave anything out in silence', async () => {
    await run(
      'create view seen as select 1 as one',
      "create type mood as enum ('good')",
      'create domain short as text',
      'create table t (a int)',
      'create policy p on t',
    )
    await assert.rejects(
      read(),
      /does not know how to read: domain short, enum mood, policy p, view seen\. Teach it/,
    )
  })
})
