/** Which of several servers are asked, and in which order. */
export interface ServerHealth<Server> {
  /**
   * Those that answer, in the order given; where none does, those that may answer again by now, or say at once that they do
   * not. None where every server was silent at a query and at a probe: then nobody is kept waiting.
   */
  order(): readonly Server[]
  answered(server: Server): void
  failed(server: Server): void
  /** Those that are passed over at present. */
  down(): readonly Server[]
  /** How many probes of it have failed. */
  failedProbes(server: Server): number
  close(): void
}

/** `refused`: it is sure at once that nobody is there. */
export type ProbeResult = 'alive' | 'refused' | 'silent'

export interface HealthOptions<Server> {
  /** Whether the server answers: asked at once when it has failed, and every `interval` milliseconds until it does. */
  readonly probe: (server: Server) => Promise<ProbeResult>
  readonly interval: number
  /** So many failures in a row and a server is passed over, and so is one that fails at a probe. */
  readonly mostFailures: number
  /** Told of each server that has failed at a probe, and when it answers again: a query that it leaves alone says little. */
  readonly onChange?: (server: Server, answers: boolean) => void
}

/** Of a server that has failed. */
interface Trouble {
  failures: number
  /** Of the last probe; undefined before it ends. */
  probed: ProbeResult | undefined
  timer: NodeJS.Timeout | undefined
}

export function createServerHealth<Server>(
  servers: readonly Server[],
  options: HealthOptions<Server>,
): ServerHealth<Server> {
  const troubles = new Map<Server, Trouble>()
  const failedProbes = new Map<Server, number>()
  const told = new Set<Server>()

  const isPassedOver = (server: Server): boolean => {
    const trouble = troubles.get(server)
    return trouble !== undefined && (trouble.probed !== undefined || trouble.failures >= options.mostFailures)
  }
  const tell = (server: Server): void => {
    const isDown = troubles.get(server)?.probed !== undefined
    if (isDown === told.has(server)) return
    if (isDown) told.add(server)
    else told.delete(server)
    options.onChange?.(server, !isDown)
  }
  const answered = (server: Server): void => {
    clearTimeout(troubles.get(server)?.timer)
    troubles.delete(server)
    tell(server)
  }
  const probe = (server: Server, trouble: Trouble): void => {
    void options.probe(server).then((result) => {
      if (troubles.get(server) !== trouble) return
      if (result === 'alive') return answered(server)
      trouble.probed = result
      failedProbes.set(server, (failedProbes.get(server) ?? 0) + 1)
      trouble.timer = setTimeout(() => probe(server, trouble), options.interval)
      trouble.timer.unref()
      tell(server)
    })
  }
  return {
    order() {
      const up = servers.filter((server) => !isPassedOver(server))
      return up.length > 0 ? up : servers.filter((server) => troubles.get(server)?.probed !== 'silent')
    },
    answered,
    failed(server) {
      const known = troubles.get(server)
      const trouble = known ?? { failures: 0, probed: undefined, timer: undefined }
      trouble.failures++
      if (known !== undefined) return
      troubles.set(server, trouble)
      probe(server, trouble)
    },
    down: () => servers.filter(isPassedOver),
    failedProbes: (server) => failedProbes.get(server) ?? 0,
    close() {
      for (const { timer } of troubles.values()) clearTimeout(timer)
      troubles.clear()
    },
  }
}
