"""Run by Alembic: the migrations use the engine, and so the pragmas, of server.private.database."""

from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from server.private.models import metadata

engine = context.config.attributes["engine"].execution_options(writes=True)


def rendered(kind: str, item: object, _context: object) -> str | bool:
    """Revisions name SQLAlchemy's types only: they must run when our own classes have moved."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=rendered,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
