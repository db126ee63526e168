import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { startEngineProcess, type EngineProcess } from '../host/engine-process.ts'
import { createFdChannel, sendFd } from '../host/fd-channel.ts'
import { libc } from '../host/libc.ts'
import type { ListenAddress } from '../host/listen.ts'
import { programFile } from '../host/program-files.ts'
import { deferred } from '../lib/deferred.ts'
import type { OpenForwarding } from './dns/forwarding.ts'
import { openHostPort } from './host-listen.ts'
import type { ClusterOptions } from './options.ts'
import type { EngineMessage, FailureCause, FrontMessage, ListenResult } from './protocol.ts'
import type { StateDirectory } from './state/state-directory.ts'
import type { NetworkStatus } from './control/status.ts'

/** How the engine's life ended. `killed`: by a signal from outside. */
export type EngineEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly message: string; readonly cause: FailureCause | 'killed' }

export interface FrontEvents {
  /** A step of the start is done. */
  step(name: string, milliseconds: number): void
  /** The host's listeners answer. */
  ready(status: NetworkStatus): void
  podsReady(): void
}

/** The host's side of a network: starts the engine, opens the host's ports for it and asks the host's DNS. */
export interface Front {
  run(options: ClusterOptions, objects: readonly unknown[], forwarding: OpenForwarding | undefined): void
  readonly ended: Promise<EngineEnd>
  /** Ends the Pods gracefully, then the engine. */
  stop(): void
  /** Ends everything at once. */
  kill(): void
}

/** One helper thread of V8 is enough. Flags of V8 itself would cost its start-up snapshot, about 13 ms. */
const NODE_FLAGS = ['--v8-pool-size=1']

/** Starts the engine's process at once: it waits for `run` with its own start-up behind it. */
export function startFront(directory: StateDirectory, events: FrontEvents): Front {
  const engine = startEngine(directory)
  const { child, channel } = engine
  const ended = deferred<EngineEnd>()
  let end: EngineEnd | undefined
  let forwarding: OpenForwarding | undefined
  let booted = false
  const tell = (message: FrontMessage): void => {
    // The engine may be gone: its exit says so.
    if (child.connected) child.send(message, () => undefined)
  }

  child.on('message', (message: EngineMessage) => {
    switch (message.kind) {
      case 'booted':
        booted = true
        writeFileSync(directory.frontPid, `${process.pid}\n`)
        writeFileSync(directory.enginePid, `${engineOf(child) ?? ''}\n`)
        return
      case 'step':
        return events.step(message.name, message.milliseconds)
      case 'ready':
        return events.ready(message.status)
      case 'pods-ready':
        return events.podsReady()
      case 'listen':
        return tell({ kind: 'listening', batch: message.batch, results: openAll(message.addresses, channel) })
      case 'dns-query':
        return void answerDns(forwarding, message).then(tell)
      case 'dns-state':
        return tell(dnsState(forwarding, message.id))
      case 'failed':
        end ??= { kind: 'failed', message: message.message, cause: message.cause }
        return
      case 'stopped':
        end ??= { kind: 'stopped' }
        return
      default:
        message satisfies never
    }
  })
  watchEnd(engine, (how) => {
    child.removeAllListeners('message')
    libc().close(channel)
    ended.resolve(end ?? (typeof how === 'string' ? unexpectedEnd(directory, booted, how) : how))
  })
  return {
    run(options, objects, dnsForwarding) {
      forwarding = dnsForwarding
      tell({ kind: 'start', options, objects })
    },
    ended: ended.promise,
    stop: () => tell({ kind: 'stop' }),
    kill: () => kill(child),
  }
}

/** Calls `done` once, when all of the network has ended: with how, or with what the machine refused. */
function watchEnd({ child, started }: EngineProcess, done: (how: string | EngineEnd) => void): void {
  let refused: EngineEnd | undefined
  started.catch((error: Error) => {
    // Where it has ended, what it wrote says more.
    if (child.exitCode !== null || child.signalCode !== null) return
    refused = machineLacks(error.message)
    child.kill('SIGKILL')
  })
  child.once('error', (error) => done(machineLacks(`${error.message} (it belongs to util-linux)`)))
  // Its last words are still in the channel, which closes with the last process of the network.
  child.once('exit', (code, signal) => whenDisconnected(child, () => done(refused ?? signal ?? `exit code ${code}`)))
}

/** At the latest after a second: a program of the user may have got hold of the channel. */
function whenDisconnected(child: ChildProcess, done: () => void): void {
  if (!child.connected) return done()
  const timer = setTimeout(() => child.disconnect(), 1000)
  child.once('disconnect', () => {
    clearTimeout(timer)
    done()
  })
}

/** The engine where there is one: `unshare` then ends when all of the network has ended. */
function kill(child: ChildProcess): void {
  const engine = engineOf(child)
  try {
    if (engine !== undefined) process.kill(engine, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // ESRCH: it has just ended.
  }
}

/** `channel` is this process's end of the fd channel. */
function startEngine(directory: StateDirectory): EngineProcess & { readonly channel: number } {
  const log = openSync(directory.engineLog, 'a', 0o600)
  const channel = createFdChannel()
  const engine = startEngineProcess({
    command: [...NODE_FLAGS, programFile('cluster/engine'), directory.path],
    log,
    channel: channel.engine,
  })
  closeSync(log)
  libc().close(channel.engine)
  return { ...engine, channel: channel.front }
}

function openAll(addresses: readonly ListenAddress[], channel: number): readonly ListenResult[] {
  return addresses.map((address) => {
    const { fd, ...result } = openHostPort(address)
    if (fd === undefined) return result
    try {
      sendFd(channel, fd)
      return result
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    } finally {
      libc().close(fd)
    }
  })
}

function dnsState(forwarding: OpenForwarding | undefined, id: number): FrontMessage {
  return { kind: 'dns-state', id, ...(forwarding && { state: forwarding.state(), counts: forwarding.counts() }) }
}

async function answerDns(
  forwarding: OpenForwarding | undefined,
  { id, query, overTcp }: EngineMessage & { kind: 'dns-query' },
): Promise<FrontMessage> {
  const answer = await forwarding?.forwarder.query(Buffer.from(query, 'base64'), overTcp)
  return { kind: 'dns-answer', id, ...(answer && { answer: Buffer.from(answer).toString('base64') }) }
}

/** `unshare` has one child, the engine; undefined before it is there and after it has ended. */
function engineOf({ pid = 0 }: ChildProcess): number | undefined {
  const [first = ''] = readOr('', `/proc/${pid}/task/${pid}/children`).split(' ')
  return first === '' ? undefined : Number(first)
}

/** util-linux 2.38 fails at passing on the signal that ended its child, says so, and exits with 1. */
const SIGNAL_LOST = /^unshare: sigprocmask .*$\n?/m

/** What the engine, or `unshare` before it, wrote last says why. */
function unexpectedEnd(directory: StateDirectory, booted: boolean, how: string): EngineEnd {
  const text = readOr('', directory.engineLog)
  const log = text.replace(SIGNAL_LOST, '').trim().split('\n').slice(-20).join('\n')
  if (!booted && /^unshare: /m.test(log)) return machineLacks(log)
  const killed = how.startsWith('SIG') ? ` by ${how}` : SIGNAL_LOST.test(text) ? '' : undefined
  const what = killed === undefined ? `the engine ended: ${how}` : `the engine was killed${killed}`
  const cause = killed === undefined ? 'unknown' : 'killed'
  return { kind: 'failed', message: log === '' ? what : `${what}\n${log}`, cause }
}

function machineLacks(why: string): EngineEnd {
  return {
    kind: 'failed',
    message: `this machine refuses the namespaces that a network lives in: ${why}`,
    cause: 'machine',
  }
}

function readOr(otherwise: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
