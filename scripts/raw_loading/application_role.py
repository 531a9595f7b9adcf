"""The role that copies from an application, as SQL for the application's own database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from raw_area import quoted

from raw_loading.declaration import Table
from raw_loading.mapping_sql import identifier

ROLE_SQL = """\
-- The role that scripts/copy_application.py connects with: it reads the columns below and writes
-- nothing. For psql, in the application's database, as a superuser; to be run again when tables or
-- columns were added. Its password: \\password {role}
begin;

do $$
begin
    if not exists (select from pg_roles where rolname = {role_text}) then
        create role {role} login noinherit connection limit 4;
    end if;
end
$$;
alter role {role} nosuperuser nocreatedb nocreaterole noreplication;
-- A second lock: the grants below are what keeps it from writing.
alter role {role} set default_transaction_read_only = on;

revoke all on all tables in schema {schema} from {role};
revoke all on schema {schema} from {role};
grant usage on schema {schema} to {role};

do $$
declare
    found record;
begin
    for found in
        select c.oid::regclass as place, string_agg(quote_ident(a.attname), ', ') as columns
        from (values
{tables}
        ) as declared (names, columns)
        join pg_class as c on c.relname = any(declared.names)
            and c.relnamespace = {schema_text}::regnamespace
            and c.relkind in ('r', 'p', 'v', 'm', 'f')
        join pg_attribute as a on a.attrelid = c.oid
            and a.attname = any(declared.columns) and not a.attisdropped
        group by c.oid
    loop
        execute format('grant select (%s) on %s to {role}', found.columns, found.place);
    end loop;

    -- What everyone may do, this role may do too.
    if has_schema_privilege({role_text}, {schema_text}, 'create') then
        raise exception 'every role may create tables in schema {schema}'
            using hint = 'revoke create on schema {schema} from public, then run this again';
    end if;
    for found in
        select c.oid::regclass as place from pg_class as c
        where c.relnamespace = {schema_text}::regnamespace and c.relkind in ('r', 'p', 'v', 'f')
            and (
                has_any_column_privilege({role_text}, c.oid, 'insert, update')
                or has_table_privilege({role_text}, c.oid, 'delete, truncate, trigger')
            )
    loop
        raise exception 'role {role} may write to %', found.place
            using hint = 'revoke that from public and from the roles that it is a member of';
    end loop;
end
$$;

commit;
"""


def role_sql(tables: Sequence[Table], schema: str, role: str) -> str:
    """Return the SQL that lets a role read the stored columns of some tables, and nothing else."""
    rows = [
        f"            ({array(table.names)}, {array(column.name for column in table.stored)})"
        for table in tables
    ]
    return ROLE_SQL.format(
        role=identifier(role),
        role_text=quoted(role),
        schema=identifier(schema),
        schema_text=quoted(identifier(schema)),
        tables=",\n".join(rows),
    )


def array(names: Iterable[str]) -> str:
    """Return names as an array of PostgreSQL."""
    return f"array[{', '.join(map(quoted, names))}]::name[]"
