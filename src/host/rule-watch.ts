/** Tells when somebody writes nftables rules, without a timer: an idle network then costs nothing. */
import { GROUP, openEvents } from './netlink-events.ts'
import type { NetworkNamespace } from './namespaces.ts'

/** The watch of one namespace. */
export interface RuleWatch {
  /** Runs `write` unseen: the kernel then need not make a message of each of its operations. */
  quietly(write: () => void): void
}

export interface RuleWatcher {
  /**
   * Calls `onChange` soon after each transaction in the namespace, unless it was a quiet one. A namespace has one watch,
   * whose quiet is that of all who asked for it. Throws where the kernel refuses.
   */
  watch(namespace: NetworkNamespace | undefined, onChange: () => void): RuleWatch
}

/** `bufferSize`: bytes of what the kernel has to tell. */
export function createRuleWatcher(bufferSize?: number): RuleWatcher {
  const watches = new Map<NetworkNamespace | undefined, { readonly watch: RuleWatch; readonly told: (() => void)[] }>()
  return {
    watch(namespace, onChange) {
      const known = watches.get(namespace)
      if (known !== undefined) {
        known.told.push(onChange)
        return known.watch
      }
      const told = [onChange]
      const watch = openWatch(namespace, () => told.forEach((tell) => tell()), bufferSize)
      watches.set(namespace, { watch, told })
      return watch
    },
  }
}

function openWatch(
  namespace: NetworkNamespace | undefined,
  onChange: () => void,
  bufferSize: number | undefined,
): RuleWatch {
  const events = openEvents(namespace, { each: () => undefined, afterwards: onChange }, 'netfilter', bufferSize)
  events.join(GROUP.rules)
  return {
    quietly(write) {
      events.leave(GROUP.rules)
      try {
        write()
      } finally {
        events.join(GROUP.rules)
      }
    },
  }
}
