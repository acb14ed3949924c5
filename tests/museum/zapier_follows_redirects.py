"""The Zapier app follows redirects, and the key in its own header goes along to the other host."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

EXHIBIT = Exhibit(
    cited=("openai/openai-python#3516", "opengovsg/plumber#2200"),
    vendor="returnmate",
    trigger="return_approved",
    caught_by="the_key_stays_home",
    polling=Zapier(instead("lib/api.js", "redirect: 'manual',", "redirect: 'follow',")),
    sound=Zapier(),
)
