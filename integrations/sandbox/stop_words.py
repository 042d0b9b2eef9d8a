"""Words that every message has and that say nothing of what it is about."""

from __future__ import annotations

ENGLISH = """
about after again all also and any are ask back because been before but can cannot come could did does doing don for
from get getting give goes going good got had has have hello her here him his how into its just know last let like
long make many may maybe mine more much must need never new next not now off only other our out over own people please
put really said same say see she should show since some soon still take tell than thank thanks that the their them then
there these they thing this those through time today too try until upon use used very wait want was way well were what
when where which while who why will with without would yes yet you your yours
"""

GERMAN = """
aber alle als also auch auf aus bei bin bis bitte damit danke dann das dass dem den der des die dies diese dir doch
durch ein eine einem einen einer eines etwas euch euer gibt guten haben habe hallo hat hatte ich ihm ihn ihr ihre immer
ist jetzt kann kein keine können mehr mein meine meinem meinen mich mir mit muss nach nicht noch nun nur oder ohne
schon sehr sein seine seit sich sie sind soll tag über und uns unser unsere viel vom von vor wann war warum was weil
wenn wer werden wie wieder will wir wird wurde zum zur
"""

STOP_WORDS = frozenset((ENGLISH + GERMAN).casefold().split())
