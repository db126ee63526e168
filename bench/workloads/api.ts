/** The API server: kubectl, many writers, many watchers, and what many changes leave behind. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiClient, together, type ApiClient } from '../api/client.ts'
import { runHere } from '../children.ts'
import { firstLine } from '../machine.ts'
import { standIns } from '../manifests.ts'
import { type Measurement, median } from '../measurement.ts'
import { type Network, startNetwork } from '../network.ts'
import { cpuTime } from '../processes.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

const PODS = 1000
const SERVICES = 1000
const CLIENTS = 10
const WATCHERS = 200
const RATE = 100
const CHANGES = 100_000
const SERVICE_PATH = '/api/v1/namespaces/default/services'
const MERGE = 'application/merge-patch+json'
const KUBECTL = 'kubectl'
const FLOOR = 'kubectl version --client'

interface Bed {
  readonly network: Network
  readonly kubeconfig: string
}

async function withNetwork<T>(pods: number, use: (bed: Bed) => Promise<T>): Promise<T> {
  const { manifest, arguments: args } = pods === 0 ? standIns(1, 1) : standIns(pods, 1, '--nodes', '5')
  const network = startNetwork(manifest, { arguments: args })
  try {
    await network.ready
    const kubeconfig = await network.kubeconfig()
    return await use({ network, kubeconfig })
  } finally {
    await network.down()
  }
}

/** Wall time of a program, in milliseconds. */
async function timeOf(command: readonly string[]): Promise<number> {
  const before = performance.now()
  await runHere(command, 30)
  return performance.now() - before
}

async function getPods(settings: Settings): Promise<readonly Measurement[]> {
  if (firstLine(KUBECTL, 'version', '--client') === undefined) {
    settings.say('  kubectl is not installed: skipped')
    return []
  }
  const [floor, all]: [number[], number[]] = [[], []]
  await withNetwork(PODS, async ({ kubeconfig }) => {
    const get = [KUBECTL, '--kubeconfig', kubeconfig, 'get', 'pods']
    // The first one reads discovery, and keeps it.
    await timeOf(get)
    for (let round = 0; round < settings.rounds; round++) {
      await settings.quiet()
      floor.push(await timeOf([KUBECTL, 'version', '--client']))
      all.push(await timeOf(get))
    }
  })
  settings.say(
    `  kubectl get pods, ${PODS} Pods: ${median(all).toFixed(0)} ms (${FLOOR}: ${median(floor).toFixed(0)} ms)`,
  )
  return [
    {
      workload: 'api',
      what: `kubectl get pods, ${PODS} Pods`,
      unit: 'ms',
      series: { [FLOOR]: floor, Portolan: all },
      base: FLOOR,
      goals: [{ way: 'Portolan', atMost: 300 }],
    },
  ]
}

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
})

async function checked(code: Promise<number>): Promise<void> {
  const got = await code
  if (got !== 200 && got !== 201) throw new Error(`the server answered ${got}`)
}

async function createServices(settings: Settings): Promise<readonly Measurement[]> {
  const [wall, cpu]: [number[], number[]] = [[], []]
  for (let round = 0; round < settings.rounds; round++) {
    await withNetwork(0, async ({ network, kubeconfig }) => {
      const client = apiClient(kubeconfig, CLIENTS)
      await settings.quiet()
      const [before, used] = [performance.now(), cpuTime([network.engine()])]
      await together(CLIENTS, SERVICES, (i) => checked(client.call('POST', SERVICE_PATH, service(`s-${i}`))))
      wall.push(performance.now() - before)
      cpu.push(cpuTime([network.engine()]) - used)
      client.close()
    })
  }
  settings.say(
    `  ${SERVICES} Services by ${CLIENTS} clients: ${median(wall).toFixed(0)} ms, ${median(cpu).toFixed(0)} ms on a CPU`,
  )
  return [
    {
      workload: 'api',
      what: `${SERVICES} Services by ${CLIENTS} clients`,
      unit: 'ms',
      series: { Portolan: wall },
      goals: [{ way: 'Portolan', atMost: 3000 }],
    },
    { workload: 'api', what: `the same, CPU of the engine`, unit: 'ms', series: { Portolan: cpu }, goals: [] },
  ]
}

/** Every change carries the time at which it was sent; a watcher looks for it in the bytes that come. */
const MARK = '"bench":"'

/** The latest arrival of each change at any watcher, in milliseconds after it was sent. */
async function watchAll(client: ApiClient, seconds: number): Promise<readonly number[]> {
  const latest = new Map<string, number>()
  const arrivals = new Map<string, number>()
  const watchers = await Promise.all(
    Array.from({ length: WATCHERS }, () =>
      client.watch('/api/v1/services?watch=true&resourceVersion=0', (bytes) => {
        const now = performance.now()
        for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
          const mark = bytes.toString('latin1', at + MARK.length, bytes.indexOf('"', at + MARK.length))
          latest.set(mark, now - Number(mark))
          arrivals.set(mark, (arrivals.get(mark) ?? 0) + 1)
        }
      }),
    ),
  )
  await sleep(500)
  const count = RATE * seconds
  const start = performance.now()
  const sent: string[] = []
  const writes: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const due = start + (i * 1000) / RATE
    await sleep(Math.max(0, due - performance.now()))
    const mark = performance.now().toFixed(3)
    sent.push(mark)
    const body = { metadata: { annotations: { bench: mark } } }
    writes.push(checked(client.call('PATCH', `${SERVICE_PATH}/w-${i % 20}`, body, MERGE)))
  }
  await Promise.all(writes)
  await sleep(500)
  for (const watcher of watchers) watcher.end()
  const lost = sent.filter((mark) => (arrivals.get(mark) ?? 0) < WATCHERS).length
  if (lost > 0) throw new Error(`${lost} of ${count} changes did not reach every watcher`)
  return sent.map((mark) => latest.get(mark) ?? Number.NaN)
}

async function watchers(settings: Settings): Promise<readonly Measurement[]> {
  const [worst, middle, share]: [number[], number[], number[]] = [[], [], []]
  await withNetwork(0, async ({ network, kubeconfig }) => {
    const client = apiClient(kubeconfig, CLIENTS)
    for (let i = 0; i < 20; i++) await checked(client.call('POST', SERVICE_PATH, service(`w-${i}`)))
    for (let round = 0; round < settings.rounds; round++) {
      await settings.quiet()
      const [before, used] = [performance.now(), cpuTime([network.engine()])]
      const late = await watchAll(client, settings.seconds)
      share.push(((cpuTime([network.engine()]) - used) * 100) / (performance.now() - before))
      worst.push(Math.max(...late))
      middle.push(median(late))
    }
    client.close()
  })
  settings.say(
    `  ${WATCHERS} watchers, ${RATE} changes/s: the last has it after ${median(middle).toFixed(0)} ms, worst ${median(worst).toFixed(0)} ms, engine ${median(share).toFixed(0)} % of a CPU`,
  )
  const of = (what: string, unit: Measurement['unit'], values: readonly number[], atMost?: number): Measurement => ({
    workload: 'api',
    what: `${WATCHERS} watchers of all Services, ${RATE} changes a second: ${what}`,
    unit,
    series: { Portolan: values },
    goals: atMost === undefined ? [] : [{ way: 'Portolan', atMost }],
  })
  return [
    of('the worst change until the last watcher', 'ms', worst, 100),
    of('the median change until the last watcher', 'ms', middle),
    of('CPU of the engine', '% of a CPU', share),
  ]
}

function residentSet(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

async function manyChanges(settings: Settings): Promise<readonly Measurement[]> {
  const sizes: number[] = []
  await withNetwork(0, async ({ network, kubeconfig }) => {
    const client = apiClient(kubeconfig, CLIENTS)
    for (let i = 0; i < 20; i++) await checked(client.call('POST', SERVICE_PATH, service(`w-${i}`)))
    const parts = 5
    for (let part = 0; part < parts; part++) {
      await together(CLIENTS, CHANGES / parts, (i) => {
        const body = { metadata: { annotations: { bench: `${part}-${i}` } } }
        return checked(client.call('PATCH', `${SERVICE_PATH}/w-${i % 20}`, body, MERGE))
      })
      sizes.push(residentSet(network.engine()))
    }
    client.close()
  })
  const [early = Number.NaN, last = Number.NaN] = [sizes[1], sizes.at(-1)]
  settings.say(`  engine after each fifth of ${CHANGES} changes: ${sizes.map((size) => size.toFixed(0)).join(', ')} MB`)
  return [
    {
      workload: 'api',
      what: `growth of the engine from change ${(CHANGES * 2) / 5} to ${CHANGES}`,
      unit: 'MB',
      series: { Portolan: [last - early] },
      goals: [{ way: 'Portolan', atMost: 10 }],
    },
  ]
}

export const api: Workload = {
  name: 'api',
  async run(settings) {
    const results: Measurement[] = []
    const parts = { getPods, createServices, watchers, manyChanges }
    for (const [name, measure] of Object.entries(parts)) {
      const measured = measure(settings).catch((error: unknown) => {
        failureOf(settings)(name, error)
        return []
      })
      results.push(...(await measured))
    }
    return results
  },
}
