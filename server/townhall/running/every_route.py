"""Every address of whoever runs a hall."""

from server.townhall.running.desk_routes import routes as desk
from server.townhall.running.floor_routes import routes as floor
from server.townhall.running.preparing_routes import routes as preparing
from server.townhall.running.routes import routes as console
from server.townhall.running.stage_routes import routes as stage
from server.townhall.running.team_routes import routes as team

routes = [*console, *desk, *floor, *preparing, *team, *stage]
