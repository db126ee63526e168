/** Which of several servers are asked, and in which order. */
export interface ServerHealth<Server> {
  /** Those that answer, in the order given; all of them where none does. */
  order(): readonly Server[]
  answered(server: Server): void
  failed(server: Server): void
  /** Those that are passed over at present. */
  down(): readonly Server[]
  close(): void
}

export interface HealthOptions<Server> {
  /** Whether the server answers again: asked every `interval` milliseconds, only while it is passed over. */
  readonly probe: (server: Server) => Promise<boolean>
  readonly interval: number
  /** So many failures in a row and a server is passed over. */
  readonly mostFailures: number
}

export function createServerHealth<Server>(
  servers: readonly Server[],
  options: HealthOptions<Server>,
): ServerHealth<Server> {
  const failures = new Map<Server, number>()
  const timers = new Map<Server, NodeJS.Timeout>()

  const answered = (server: Server): void => {
    failures.delete(server)
    clearTimeout(timers.get(server))
    timers.delete(server)
  }
  const probeLater = (server: Server): void => {
    const timer = setTimeout(() => {
      void options.probe(server).then((alive) => {
        if (timers.get(server) !== timer) return
        if (alive) answered(server)
        else probeLater(server)
      })
    }, options.interval)
    timer.unref()
    timers.set(server, timer)
  }
  return {
    order() {
      const up = servers.filter((server) => !timers.has(server))
      return up.length > 0 ? up : servers
    },
    answered,
    failed(server) {
      const count = (failures.get(server) ?? 0) + 1
      failures.set(server, count)
      if (count >= options.mostFailures && !timers.has(server)) probeLater(server)
    },
    down: () => [...timers.keys()],
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
