import { hasLibc, libc } from '../../host/libc.ts'
import type { PollHandle } from '../../host/poll.ts'
import { askForShortSlice } from '../../host/short-slice.ts'
import { bindUdp, boundAddress, createUdpBatch, sendTo, setReceiveBuffer, type UdpBatch } from '../../host/udp-batch.ts'
import type { Answerer, Senders } from './answerer.ts'
import { PLACE_SIZE, RECEIVE_BUFFER, serveSingly, type UdpListen, type UdpServer } from './dgram.ts'

const BATCH = 64
/** After so many batches it is the turn of timers and of TCP. */
const BATCHES_A_TURN = 8

/** Serves a socket until it is closed. Rejects where it cannot be bound. */
export async function serveUdp(
  listen: UdpListen,
  answerer: Answerer,
  onError: (error: unknown) => void,
): Promise<UdpServer> {
  if (!hasLibc()) return serveSingly(listen, answerer, onError)
  const fd = 'udp' in listen ? listen.udp : bindUdp(listen)
  setReceiveBuffer(fd, RECEIVE_BUFFER)
  askForShortSlice()
  const life: Life = { open: true }
  const answer = answerInBatches(fd, answerer, life)
  let handle: PollHandle | undefined
  const watch = (): void => {
    // The handler holds the handle, which would be collected otherwise.
    handle = libc().poll(fd, (status) => {
      answer()
      // The loop gives a socket up that has an error. Receiving took that away.
      if (status === 0 || !life.open) return
      onError(new Error(`UDP socket ${fd}: the loop reports ${status}`))
      handle?.close()
      watch()
    })
  }
  watch()
  const close = async (): Promise<void> => {
    if (!life.open) return
    life.open = false
    handle?.close()
    libc().close(fd)
  }
  return { ...boundAddress(fd), close }
}

/** Of a socket. */
interface Life {
  open: boolean
}

/**
 * The datagrams that wait are taken with one call, and all replies are sent with another. None of them passes through Node,
 * which would allocate for each: every collection of that holds up the answers that come next.
 */
function answerInBatches(fd: number, answerer: Answerer, life: Life): () => void {
  const batch: UdpBatch = createUdpBatch(BATCH, PLACE_SIZE)
  const senders: Senders = {
    client: batch.sender,
    later(place) {
      const address = batch.address(place)
      return (bytes) => {
        if (life.open) sendTo(fd, bytes, address)
      }
    },
  }
  /** Whether it has an answer at once. */
  const answerPlace = (place: number): boolean => {
    const packet = batch.packets[place]
    if (packet === undefined) return false
    const size = answerer.overwrite(packet, batch.length(place), place, senders)
    if (size > 0) batch.reply(place, size)
    return size > 0
  }
  /** How many datagrams there were. */
  const answerBatch = (): number => {
    const count = batch.receive(fd)
    if (count === 0 || !answerer.begin()) return count
    let replies = 0
    for (let place = 0; place < count; place++) if (answerPlace(place)) replies++
    batch.flush(fd)
    answerer.end(replies)
    return count
  }
  return () => {
    // A resolver asks for the addresses of both families at once: the second question is there when the first one is answered,
    // and need not wait for the loop to come round.
    for (let turn = 0; turn < BATCHES_A_TURN && life.open; turn++) if (answerBatch() === 0) break
  }
}
