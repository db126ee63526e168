/** Asking what the host can reach, as a user with curl would, but in short turns. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenService } from './manifests.ts'

const HOST = '127.0.0.1'
const POLL = 2
/** A connection that hangs this long is given up for a new one, in milliseconds. */
const PATIENCE = 300
/** Services that are asked at once. */
const WIDTH = 8

/** The body of one answer with status 200; undefined where there was none. */
export function askOnce(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: HOST, port, noDelay: true })
    const timer = setTimeout(() => socket.destroy(), PATIENCE)
    socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`))
    socket.on('data', (data) => (text += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(/^HTTP\/1\.\d 200 /.test(text) ? text : undefined)
    })
  })
}

/** Resolves at the first answer. Throws after `seconds`. */
export async function firstAnswer(port: number, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while ((await askOnce(port)) === undefined) {
    if (performance.now() > deadline) throw new Error(`no answer from ${HOST}:${port} in ${seconds} s`)
    await sleep(POLL)
  }
}

/** Resolves when every Pod behind every Service has answered through the Service's nodePort. */
export async function allAnswer(services: readonly OpenService[], seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  const waiting = [...services]
  const askNext = async (): Promise<void> => {
    for (let service = waiting.shift(); service !== undefined; service = waiting.shift()) {
      await eachPodAnswers(service, deadline)
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, askNext))
}

async function eachPodAnswers({ port, pods }: OpenService, deadline: number): Promise<void> {
  const seen = new Set<string>()
  while (seen.size < pods) {
    const answer = await askOnce(port)
    const pod = answer === undefined ? undefined : /^Pod +(\S+)/m.exec(answer)?.[1]
    if (performance.now() > deadline) throw new Error(`${HOST}:${port}: ${seen.size} of ${pods} Pods answered`)
    if (pod === undefined) await sleep(POLL)
    else seen.add(pod)
  }
}
