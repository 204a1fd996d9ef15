"""What Heed promises, played from end to end against the running system by `manage.py simulate`."""

from config.desk.scenarios import bounce, dnc_status, mid_workflow, opt_back_in, sms_opt_out, stop_start
from config.desk.scenarios.play import Scenario

SCENARIOS: dict[str, Scenario] = {
    "sms-opt-out": sms_opt_out.play,
    "opt-back-in": opt_back_in.play,
    "mid-workflow": mid_workflow.play,
    "stop-start": stop_start.play,
    "bounce": bounce.play,
    "dnc-status": dnc_status.play,
}

__all__ = ["SCENARIOS"]
