/**
 * Whether a port of the host is among those that a container publishes, as `docker ps` tells it. Neighbouring ones are drawn
 * together there: 0.0.0.0:9000-9001->9000-9001/tcp.
 */
export const publishes = (text: string, port: number): boolean =>
  [...text.matchAll(/:(\d+)(?:-(\d+))?->/g)].some(([, first, last = first]) => Number(first) <= port && port <= Number(last))
