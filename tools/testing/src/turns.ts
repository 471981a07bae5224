/**
 * Does work until the event loop has turned more than so many times while it went on. Work that blocks the loop never ends
 * this, so the test fails by its time limit; work that was over before this thread had its turn is done again.
 */
export async function turnsMoreThan(least: number, work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    let turns = 0;
    let isOver = false;
    const turn = () => {
      if (isOver) return;
      turns++;
      setImmediate(turn);
    };
    setImmediate(turn);
    try {
      await work();
    } finally {
      isOver = true;
    }
    if (turns > least) return;
  }
}
