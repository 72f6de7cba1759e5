"""Leases tasks, runs one child per source, stores its visits: the parent owns the store, the children the network."""

from sourcing.crawl.allowance import Limits as Limits
from sourcing.crawl.child import child_arguments as child_arguments
from sourcing.crawl.costs import as_detail as as_detail
from sourcing.crawl.forecast import Forecast as Forecast
from sourcing.crawl.parent import run as run
from sourcing.crawl.plan import plan as plan
from sourcing.crawl.report import CrawlReport as CrawlReport
from sourcing.crawl.report import SourceReport as SourceReport
from sourcing.crawl.seeds import seed_tasks as seed_tasks
