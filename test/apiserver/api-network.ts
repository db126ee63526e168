/** For tests: an API server with controllers and what a network has from its start. No Pod runs. */
import { startControlLoop } from '../../src/cluster/control-loop.ts'
import { createObjects } from '../../src/cluster/objects.ts'
import { ownObjects } from '../../src/cluster/own-objects.ts'
import { planTopology } from '../../src/cluster/topology.ts'
import { CONTROLLERS } from '../../src/controllers/index.ts'
import { systemClock } from '../../src/host/clock.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../src/model/cluster-config.ts'
import { startTestServer, type TestServer } from './test-server.ts'

export interface ApiNetwork extends TestServer {
  /** Resolves when the controllers have worked off what is written so far. */
  settled(): Promise<void>
}

export async function startApiNetwork(): Promise<ApiNetwork> {
  const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig
  const topology = planTopology(config, 2)
  if (typeof topology === 'string') throw new Error(topology)
  const objects = createObjects(config)
  const server = await startTestServer({ objects })
  const loop = startControlLoop({
    store: objects.store,
    controllers: CONTROLLERS,
    consumers: [],
    config,
    clock: systemClock,
    apply: objects.applyChange,
    onError: (where, error) => {
      throw new Error(where, { cause: error })
    },
  })
  for (const object of ownObjects(topology, config)) objects.create(object)
  await loop.settled()
  return {
    ...server,
    settled: loop.settled,
    async close() {
      loop.stop()
      await server.close()
    },
  }
}
