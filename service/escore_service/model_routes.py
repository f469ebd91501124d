"""GET and POST of the model in use."""

from typing import Any

from flask import Blueprint, current_app, request
from msgspec import to_builtins

from escore_service import schemas, serialize
from escore_service.body import read_json
from escore_service.current_model import CurrentModel, ReloadError
from escore_service.errors import RefusedError
from escore_service.limits import Limits
from escore_service.query import check


def routes(model: CurrentModel, limits: Limits, *, feedback: bool, token: bool) -> Blueprint:
    """/v1/model of a service with these limits.

    feedback: whether it stores corrections.
    token: whether clients must give one; without, nobody may change the model.
    """
    blueprint = Blueprint("model", __name__, url_prefix="/v1/model")

    @blueprint.get("")
    def describe() -> dict[str, Any]:
        answer: dict[str, Any] = to_builtins(serialize.model(model.scorer, model.previous, limits, feedback))
        return answer

    @blueprint.post("")
    def use() -> dict[str, Any]:
        if not token:  # else whoever reaches the service could keep it busy with loading
            raise RefusedError(403, "only a service with a token lets clients change its model", "set ESCORE_TOKEN")
        choice = check(read_json(request), schemas.ModelChoice)
        if choice.use == "path":
            model.reload()
        else:
            model.restore()
        return describe()

    @blueprint.errorhandler(ReloadError)
    def failed(error: ReloadError) -> tuple[dict[str, str], int]:
        if error.__cause__ is None:  # there is nothing to load
            return {"error": str(error)}, 409
        current_app.logger.error("%s", error)  # with the path, which is no client's business
        return {"error": "the model in use stays, since another cannot be loaded; the service's log says why"}, 500

    return blueprint
