import { isIPv6 } from 'node:net'
import type { DnsSource } from '../../cluster/dns-source.ts'
import { startStandaloneDns, type StandaloneDns, type StandaloneDnsOptions } from '../../cluster/dns-standalone.ts'
import { createUpstream } from '../../cluster/dns-upstream.ts'
import { deferred } from '../../lib/deferred.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { contents } from './object-files.ts'
import { listenAddresses, upstreamServers, zoneOptions, type DnsCommandOptions } from './options.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Reads the options (a UsageError for what cannot be), and gives a function that serves what a source holds, wherever that
 * comes from, until a signal comes; its value is the exit code.
 */
export function prepareDns(options: DnsCommandOptions, context: Context): (source: DnsSource) => Promise<number> {
  const config = zoneOptions(options)
  const listen = listenAddresses(options)
  const servers = upstreamServers(options.upstream, '--upstream')
  return async (source) => {
    const upstream = createUpstream(servers)
    const stopped = deferred<void>()
    const onError = (error: unknown): void => void context.stderr.write(`portolan dns: ${wordsOf(error)}\n`)
    for (const signal of SIGNALS) process.once(signal, stopped.resolve)
    const started = await start({ listen, source, config, upstream, onError })
    try {
      const places = started.addresses.map(
        ({ address, port }) => `${isIPv6(address) ? `[${address}]` : address}:${port}`,
      )
      context.stderr.write(`${config.clusterDomain} at ${places.join(', ')}: ${contents(source.snapshot())}\n`)
      await stopped.promise
    } finally {
      upstream.close()
      await started.close()
    }
    return 0
  }
}

async function start(options: StandaloneDnsOptions): Promise<StandaloneDns> {
  try {
    return await startStandaloneDns(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = WHY[String(code)]
    if (why === undefined) throw error
    throw code === 'EACCES'
      ? new MachineError(`${wordsOf(error)}: ${why}`)
      : new UsageError(`${wordsOf(error)}: ${why}`)
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: say another port with --listen',
  EADDRNOTAVAIL: 'this is no address of this machine: say another with --listen',
  EACCES: 'ports below 1024 need more rights: say another port with --listen',
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
