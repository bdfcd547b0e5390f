-- The schema as the catalog of Postgres has it, in an order that depends on names alone.
--
-- Partitions of a range are left out: they come with the months, and are like their table.

-- name: listTables :many
select c.relname::text as "name!", c.relpersistence = 'u' as "unlogged!", c.relrowsecurity as "row_security!",
       array_to_string(c.reloptions, ', ') as options, pg_get_partkeydef(c.oid) as partition_key,
       parent.relname::text as parent, pg_get_expr(c.relpartbound, c.oid) as bound
  from pg_class c
  left join pg_inherits i on i.inhrelid = c.oid
  left join pg_class parent on parent.oid = i.inhparent
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
 order by c.relname::text collate "C";

-- name: listColumns :many
-- Columns in their order in the table. A partition has those of its table, and none of its own.
select c.relname::text as "table_name!", a.attname::text as "name!", format_type(a.atttypid, a.atttypmod) as "type!",
       a.attnotnull as "not_null!", pg_get_expr(d.adbin, d.adrelid, true) as "value?",
       a.attgenerated::text as "generated!", a.attidentity::text as "identity!",
       case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end as "collation?"
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and a.attnum > 0 and not a.attisdropped
 order by c.relname::text collate "C", a.attnum;

-- name: listConstraints :many
-- All but not-null, which stands at its column and has a name of its own only since PostgreSQL 18.
select c.relname::text as "table_name!", k.conname::text as "name!", pg_get_constraintdef(k.oid, true) as "definition!"
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
 where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'c', 'f', 'x')
   and k.conislocal and k.conparentid = 0
 order by c.relname::text collate "C", array_position('{p,u,x,c,f}'::text[], k.contype::text), k.conname::text collate "C";

-- name: listIndexes :many
-- Indexes that no constraint makes.
select c.relname::text as "table_name!", pg_get_indexdef(x.indexrelid) as "definition!"
  from pg_index x
  join pg_class c on c.oid = x.indrelid
  join pg_class i on i.oid = x.indexrelid
 where c.relnamespace = 'public'::regnamespace and not i.relispartition
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
   and not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))
 order by c.relname::text collate "C", i.relname::text collate "C";

-- name: listTriggers :many
select c.relname::text as "table_name!", t.tgname::text as "name!", pg_get_triggerdef(t.oid, true) as "definition!",
       t.tgenabled::text as "enabled!"
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgparentid = 0
   and (not c.relispartition or pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT')
 order by c.relname::text collate "C", t.tgname::text collate "C";

-- name: listSequences :many
-- Those that are not part of an identity column.
select c.relname::text as "name!", format_type(s.seqtypid, null) as "type!", s.seqstart as "start!",
       s.seqincrement as "increment!", s.seqmin as "min!", s.seqmax as "max!", s.seqcache as "cache!", s.seqcycle as "cycle!"
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
 where c.relnamespace = 'public'::regnamespace
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')
 order by c.relname::text collate "C";

-- name: listFunctions :many
select pg_get_functiondef(p.oid) as "definition!"
  from pg_proc p
 where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
 order by p.proname::text collate "C", pg_get_function_identity_arguments(p.oid) collate "C";

-- name: listUnreadable :many
-- What these queries would leave out in silence. The schema of the job queue is its library's, which judges it itself.
select kind as "kind!", name as "name!"
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
 order by 1, 2;
