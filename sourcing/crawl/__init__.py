"""Leases tasks, runs one child per source, stores its visits: the parent owns the store, the children the network."""

from sourcing.crawl.child import child_arguments as child_arguments
from sourcing.crawl.parent import run as run
from sourcing.crawl.report import CrawlReport as CrawlReport
from sourcing.crawl.report import Limits as Limits
from sourcing.crawl.report import SourceReport as SourceReport
from sourcing.crawl.seeds import seed_tasks as seed_tasks
