import { dialFailure, type Target } from './dial.ts'
import type { ProbeOutcome } from './probe.ts'

/** Passes when the connection is made. */
export function probeTcpSocket(target: Target): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = target.connect(target.address, target.port)
    const finish = (outcome: ProbeOutcome): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(
      () => finish({ passed: false, message: dialFailure(target, 'i/o timeout') }),
      target.timeout,
    )
    socket.once('connect', () => finish({ passed: true, message: '' }))
    socket.on('error', (error) => finish({ passed: false, message: dialFailure(target, error) }))
  })
}
