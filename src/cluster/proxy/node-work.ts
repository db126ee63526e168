/** What goes on at a node's rules, for whoever says how they are. */
import type { IPFamily } from '../../api/core.ts'
import type { ProxyHealth } from './health.ts'
import type { ProxyMetrics } from './metrics.ts'
import type { TableKeeper } from './table-keeper.ts'

export interface NodeWork {
  /** Something is to be written. */
  begun(family: IPFamily): void
  /** Seconds that it took, whether it was made of everything there is, and when it ended, in milliseconds since 1970. */
  pass(family: IPFamily, seconds: number, isFull: boolean, now: number): void
  /** Everything that was known is in the kernel. */
  written(family: IPFamily): void
  /** The kernel has refused something. */
  refused(family: IPFamily): void
  /** What is stale could not be removed. */
  unclean(family: IPFamily): void
  /** Flows of connection tracking were looked through, and some deleted. */
  cleaned(family: IPFamily, seconds: number, deleted: number): void
}

export function workOf(health: ProxyHealth, metrics: ProxyMetrics): NodeWork {
  return {
    begun: health.queued,
    pass: metrics.pass,
    written(family) {
      health.written(family)
      metrics.written(family)
    },
    refused: metrics.failed,
    unclean: metrics.unclean,
    cleaned: metrics.cleaned,
  }
}

export interface LaterWork extends NodeWork {
  /** Tells what has gone on so far, and from then on what goes on. */
  follow(follower: NodeWork): void
}

/** Remembers until somebody follows: a network that starts waits for nobody who would. */
export function laterWork(): LaterWork {
  let follower: NodeWork | undefined
  let past: ((follower: NodeWork) => void)[] = []
  const tell = (happening: (follower: NodeWork) => void): void => {
    if (follower === undefined) past.push(happening)
    else happening(follower)
  }
  return {
    begun: (family) => tell((work) => work.begun(family)),
    pass: (family, seconds, isFull, now) => tell((work) => work.pass(family, seconds, isFull, now)),
    written: (family) => tell((work) => work.written(family)),
    refused: (family) => tell((work) => work.refused(family)),
    unclean: (family) => tell((work) => work.unclean(family)),
    cleaned: (family, seconds, deleted) => tell((work) => work.cleaned(family, seconds, deleted)),
    follow(next) {
      follower = next
      for (const happening of past) happening(next)
      past = []
    },
  }
}

/** What a keeper does is told; what it says itself by `onWritten` and `onRefused` is not. */
export function withWork(keeper: TableKeeper, family: IPFamily, work: NodeWork): TableKeeper {
  let isFull = true
  return {
    ...keeper,
    sync(services) {
      const begin = performance.now()
      work.begun(family)
      keeper.sync(services)
      work.pass(family, (performance.now() - begin) / 1000, isFull, Date.now())
      isFull = false
    },
  }
}
