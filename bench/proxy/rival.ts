/** Measures the rival's layout in the network namespace in which it is started: SERVICES. */
import { spawnSync } from 'node:child_process'
import { resolvedServices } from '../../src/model/resolve-services.ts'
import { median } from '../measurement.ts'
import type { RivalFigures } from './figures.ts'
import { kubeProxyChange, kubeProxyTable } from './kube-proxy.ts'
import { NODE, stateOf } from './state.ts'

const CHANGES = 3

const count = Number(process.argv[2] ?? 100)
const services = [...resolvedServices(stateOf(count)).values()].flat()

function load(text: string): number {
  const start = performance.now()
  const { status, stderr } = spawnSync('nft', ['-f', '-'], { input: text, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.slice(0, 500))
  return performance.now() - start
}

const cold = load(kubeProxyTable(services, NODE))
const changes = services.slice(0, CHANGES).map((info) => load(kubeProxyChange(info)))
const figures: RivalFigures = { cold, change: median(changes) }
process.stdout.write(JSON.stringify(figures))
