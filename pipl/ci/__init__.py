"""CI: releases that land on the watched indexes are handled, once each, and promoted."""
