import { conflictsOf } from '../../proxy/conflicts.ts'
import type { KeeperState } from './table-keeper.ts'

/** What a Service should be told: once, however many nodes find it. */
export interface ServiceNotice {
  /** Key of the Service. */
  readonly service: string
  readonly reason: string
  readonly message: string
}

export interface ServiceNotices {
  /** What the rules of one place say now. */
  update(place: string, state: KeeperState): void
  /** Of what is no matter of rules. */
  tell(notice: ServiceNotice): void
  /** Called with each notice that holds, then with each new one. */
  follow(listener: (notice: ServiceNotice) => void): void
}

/** Another Service has an address and port that this one wants. */
export const ADDRESS_IN_USE = 'AddressInUse'
/** The kernel refuses the rules of this Service. */
const SET_ASIDE = 'RulesRefused'
/** The healthCheckNodePort of this Service cannot be opened; kube-proxy's word. */
export const NO_HEALTH_CHECK = 'FailedToStartServiceHealthcheck'

export function createServiceNotices(): ServiceNotices {
  const states = new Map<string, KeeperState>()
  const listeners: ((notice: ServiceNotice) => void)[] = []
  const told = new Map<string, ServiceNotice>()
  let current: ReadonlyMap<string, ServiceNotice> = new Map()
  return {
    update(place, state) {
      const before = states.get(place)
      states.set(place, state)
      if (before?.contested === state.contested && before.aside.size + state.aside.size === 0) return
      const next = new Map([...states.values()].flatMap(noticesOf).map((notice) => [JSON.stringify(notice), notice]))
      const added = [...next].flatMap(([text, notice]) => (current.has(text) ? [] : [notice]))
      current = next
      for (const notice of added) for (const listener of listeners) listener(notice)
    },
    tell(notice) {
      told.set(JSON.stringify(notice), notice)
      for (const listener of listeners) listener(notice)
    },
    follow(listener) {
      listeners.push(listener)
      current.forEach(listener)
      told.forEach(listener)
    },
  }
}

function noticesOf({ contested, aside }: KeeperState): readonly ServiceNotice[] {
  return [
    ...conflictsOf(contested).map(({ service, message }) => ({ service, reason: ADDRESS_IN_USE, message })),
    ...[...aside].map(([service, message]) => ({ service, reason: SET_ASIDE, message })),
  ]
}
