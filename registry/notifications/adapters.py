"""Messages in the forms of chat robots, 企业微信 (WeCom) and 钉钉 (DingTalk)."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from jygroups.lib import clock, outgoing
from jygroups.lib.outgoing import Unsent
from registry.models import Robot, RobotForm


def post(robot: Robot, text: str) -> str:
    """Let the robot say the text; what it answered. Raises Unsent."""
    content = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    answer = outgoing.post(_address(robot), content)
    try:
        data = json.loads(answer)
        code, words = data["errcode"], str(data.get("errmsg", ""))
    except (ValueError, KeyError, TypeError):
        raise Unsent(_("The answer is not that of a chat robot.")) from None
    if code != 0:
        raise Unsent(f"{code} {words}")
    return words[:200]


def _address(robot: Robot) -> str:
    """With DingTalk's signature: of the time in milliseconds and the secret, keyed with the secret."""
    if robot.form != RobotForm.DINGTALK or not robot.secret:
        return robot.address
    moment = str(round(clock.now().timestamp() * 1000))
    digest = hmac.new(robot.secret.encode(), f"{moment}\n{robot.secret}".encode(), hashlib.sha256).digest()
    signature = urlencode({"timestamp": moment, "sign": base64.b64encode(digest).decode()})
    return f"{robot.address}{'&' if '?' in robot.address else '?'}{signature}"
