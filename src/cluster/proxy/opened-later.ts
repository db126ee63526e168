import { OrderedMap } from '../../lib/ordered-map.ts'
import { createRefusals } from './refusals.ts'
import type { Services, TableKeeper } from './table-keeper.ts'

export interface LaterOptions {
  /** In messages: a node's name. */
  readonly where: string
  /** Throws where the kernel cannot be talked to. */
  readonly open: () => TableKeeper
  readonly onError: (error: unknown) => void
  readonly onRefused: () => void
  /** Milliseconds. */
  readonly retry?: number
}

/** A keeper that comes as soon as the kernel can be talked to: what is to be written waits for it. */
export function openedLater({ where, open, onError, onRefused, retry = 1000 }: LaterOptions): TableKeeper {
  const refusals = createRefusals(where, onError)
  let keeper: TableKeeper | undefined
  let timer: NodeJS.Timeout | undefined
  let latest: Services = OrderedMap.empty()
  const tryOpen = (): TableKeeper | undefined => {
    try {
      const opened = open()
      refusals.end()
      return opened
    } catch (error) {
      onRefused()
      refusals.add(error)
      timer = setTimeout(write, retry).unref()
      return undefined
    }
  }
  const write = (): void => {
    clearTimeout(timer)
    keeper ??= tryOpen()
    keeper?.sync(latest)
  }
  return {
    sync(services) {
      latest = services
      write()
    },
    table: () => keeper?.table(),
    refusal: () => (keeper === undefined ? refusals.last() : keeper.refusal()),
    state: () => keeper?.state() ?? { contested: OrderedMap.empty(), aside: new Map() },
  }
}
