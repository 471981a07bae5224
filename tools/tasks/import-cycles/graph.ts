/** What each node imports. Names that are not nodes themselves are ignored. */
export type Graph = ReadonlyMap<string, Iterable<string>>;

/** Returns one shortest cycle for each group of nodes that reach each other, in a stable order. */
export function cyclesIn(graph: Graph): string[][] {
  return knotsIn(graph)
    .map((knot) => shortestCycle(graph, new Set(knot)))
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** Finds the strongly connected components of more than one node (Tarjan's algorithm). */
function knotsIn(graph: Graph): string[][] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const knots: string[][] = [];

  function visit(node: string): number {
    const number = order.size;
    order.set(node, number);
    let lowest = number;
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      const seen = order.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (onStack.has(next)) lowest = Math.min(lowest, seen);
    }
    if (lowest === number) {
      const knot = stack.splice(stack.lastIndexOf(node));
      for (const member of knot) onStack.delete(member);
      if (knot.length > 1) knots.push(knot);
    }
    return lowest;
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return knots;
}

/** Returns the shortest cycle inside a knot, beginning with its first node in alphabetical order. */
function shortestCycle(graph: Graph, knot: ReadonlySet<string>): string[] {
  let shortest: string[] = [];
  for (const start of [...knot].sort()) {
    const cycle = pathBack(graph, knot, start);
    if (shortest.length === 0 || cycle.length < shortest.length) shortest = cycle;
  }
  return shortest;
}

/** Returns the nodes on the shortest way from a node of a knot back to itself, searched breadth first. */
function pathBack(graph: Graph, knot: ReadonlySet<string>, start: string): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const path = [node];
        for (let at = cameFrom.get(node); at !== undefined; at = cameFrom.get(at)) path.unshift(at);
        return path;
      }
      if (!knot.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  throw new Error(`${start} is not part of a cycle`);
}
