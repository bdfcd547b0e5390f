// Generated from catalog.sql by tools/sql. Do not edit.
import { many } from './query.ts'

export const listTables = many<
  void,
  {
    name: string
    unlogged: boolean
    rowSecurity: boolean
    options: string | null
    partitionKey: string | null
    parent: string | null
    bound: string | null
  }
>({
  name: 'db.catalog.listTables',
  text: `select c.relname::text as "name!", c.relpersistence = 'u' as "unlogged!", c.relrowsecurity as "row_security!",
       array_to_string(c.reloptions, ', ') as options, pg_get_partkeydef(c.oid) as partition_key,
       parent.relname::text as parent, pg_get_expr(c.relpartbound, c.oid) as bound
  from pg_class c
  left join pg_inherits i on i.inhrelid = c.oid
  left join pg_class parent on parent.oid = i.inhparent
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
 order by c.relname::text collate "C"`,
  params: [],
  columns: ['name', 'unlogged', 'rowSecurity', 'options', 'partitionKey', 'parent', 'bound'],
})

/** Columns in their order in the table. A partition has those of its table, and none of its own. */
export const listColumns = many<
  void,
  {
    tableName: string
    name: string
    type: string
    notNull: boolean
    value: string | null
    generated: string
    identity: string
    collation: string | null
  }
>({
  name: 'db.catalog.listColumns',
  text: `select c.relname::text as "table_name!", a.attname::text as "name!", format_type(a.atttypid, a.atttypmod) as "type!",
       a.attnotnull as "not_null!", pg_get_expr(d.adbin, d.adrelid, true) as "value?",
       a.attgenerated::text as "generated!", a.attidentity::text as "identity!",
       case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end as "collation?"
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and a.attnum > 0 and not a.attisdropped
 order by c.relname::text collate "C", a.attnum`,
  params: [],
  columns: ['tableName', 'name', 'type', 'notNull', 'value', 'generated', 'identity', 'collation'],
})

/** All but not-null, which stands at its column and has a name of its own only since PostgreSQL 18. */
export const listConstraints = many<void, { tableName: string; name: string; definition: string }>({
  name: 'db.catalog.listConstraints',
  text: `select c.relname::text as "table_name!", k.conname::text as "name!", pg_get_constraintdef(k.oid, true) as "definition!"
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
 where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'c', 'f', 'x')
   and k.conislocal and k.conparentid = 0
 order by c.relname::text collate "C", array_position('{p,u,x,c,f}'::text[], k.contype::text), k.conname::text collate "C"`,
  params: [],
  columns: ['tableName', 'name', 'definition'],
})

/** Indexes that no constraint makes. */
export const listIndexes = many<void, { tableName: string; definition: string }>({
  name: 'db.catalog.listIndexes',
  text: `select c.relname::text as "table_name!", pg_get_indexdef(x.indexrelid) as "definition!"
  from pg_index x
  join pg_class c on c.oid = x.indrelid
  join pg_class i on i.oid = x.indexrelid
 where c.relnamespace = 'public'::regnamespace and not i.relispartition
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
   and not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))
 order by c.relname::text collate "C", i.relname::text collate "C"`,
  params: [],
  columns: ['tableName', 'definition'],
})

export const listTriggers = many<
  void,
  {
    tableName: string
    name: string
    definition: string
    enabled: string
  }
>({
  name: 'db.catalog.listTriggers',
  text: `select c.relname::text as "table_name!", t.tgname::text as "name!", pg_get_triggerdef(t.oid, true) as "definition!",
       t.tgenabled::text as "enabled!"
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgparentid = 0
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
 order by c.relname::text collate "C", t.tgname::text collate "C"`,
  params: [],
  columns: ['tableName', 'name', 'definition', 'enabled'],
})

/** Those that are not part of an identity column. */
export const listSequences = many<
  void,
  {
    name: string
    type: string
    start: bigint
    increment: bigint
    min: bigint
    max: bigint
    cache: bigint
    cycle: boolean
  }
>({
  name: 'db.catalog.listSequences',
  text: `select c.relname::text as "name!", format_type(s.seqtypid, null) as "type!", s.seqstart as "start!",
       s.seqincrement as "increment!", s.seqmin as "min!", s.seqmax as "max!", s.seqcache as "cache!", s.seqcycle as "cycle!"
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
 where c.relnamespace = 'public'::regnamespace
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')
 order by c.relname::text collate "C"`,
  params: [],
  columns: ['name', 'type', 'start', 'increment', 'min', 'max', 'cache', 'cycle'],
})

export const listFunctions = many<void, { definition: string }>({
  name: 'db.catalog.listFunctions',
  text: `select pg_get_functiondef(p.oid) as "definition!"
  from pg_proc p
 where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
 order by p.proname::text collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`,
  params: [],
  columns: ['definition'],
})

/** What these queries would leave out in silence. The schema of the job queue is its library's, which judges it itself. */
export const listUnreadable = many<void, { kind: string; name: string }>({
  name: 'db.catalog.listUnreadable',
  text: `select kind as "kind!", name as "name!"
  from (
    select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
             else 'composite type' end as kind, c.relname::text as name
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm', 'f', 'c')
    union all
    select case t.typtype when 'd' then 'domain' when 'e' then 'enum' else 'range type' end, t.typname::text
      from pg_type t
     where t.typnamespace = 'public'::regnamespace and t.typtype in ('d', 'e', 'r')
    union all
    select 'aggregate', p.proname::text
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.prokind not in ('f', 'p')
    union all
    select 'policy', polname::text from pg_policy
    union all
    select 'rule', r.rulename::text
      from pg_rewrite r join pg_class c on c.oid = r.ev_class
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    union all
    select 'extension', extname::text from pg_extension where extname <> 'plpgsql'
    union all
    select 'schema', nspname::text from pg_namespace where nspname not in ('public', 'jobs', 'information_schema') and nspname !~ '^pg_'
  ) found
 order by 1, 2`,
  params: [],
  columns: ['kind', 'name'],
})
