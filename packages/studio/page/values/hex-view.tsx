import { useCallback } from 'preact/hooks';
import { shownError } from '../client/errors.ts';
import { getBytes } from '../client/request.ts';
import { useBlocks } from '../lib/blocks.ts';
import { ErrorState } from '../ui/message.tsx';
import { VirtualRows } from '../ui/virtual-rows.tsx';

const ROW_BYTES = 16;
const BLOCK_BYTES = 16 * 1024;
const ROW_HEIGHT = 22;

/** Bytes of any number as hex and as text; only those in view are read. */
export function HexView({ address, length, version }: { address: string; length: number; version: string }) {
  const blocks = useBlocks(`${address} ${version}`, BLOCK_BYTES, (block, signal) =>
    getBytes(address, block * BLOCK_BYTES, Math.min(length, (block + 1) * BLOCK_BYTES), signal),
  );
  const { show: showBytes } = blocks;
  const show = useCallback(
    (first: number, end: number) => showBytes(first * ROW_BYTES, Math.min(length, end * ROW_BYTES)),
    [showBytes, length],
  );
  if (length === 0) return <p class="value-empty">There are no bytes: the value is empty.</p>;
  if (blocks.error) return <ErrorState error={shownError(blocks.error)} />;
  const digits = Math.max(8, (length - 1).toString(16).length);
  const row = (index: number) => {
    const start = index * ROW_BYTES;
    const block = blocks.at(Math.floor(start / BLOCK_BYTES));
    const bytes = block?.subarray(start % BLOCK_BYTES, (start % BLOCK_BYTES) + ROW_BYTES);
    return (
      <div key={index} class="hex-row" style={{ height: `${ROW_HEIGHT}px` }}>
        <span class="offset">{start.toString(16).padStart(digits, '0')}</span>
        <span class="hex-bytes">{bytes ? hexOf(bytes) : ''}</span>
        <span class="hex-text">{bytes ? textOf(bytes) : ''}</span>
      </div>
    );
  };
  return (
    <VirtualRows
      count={Math.ceil(length / ROW_BYTES)}
      rowHeight={ROW_HEIGHT}
      render={row}
      show={show}
      attributes={() => ({ class: 'hex', role: 'region', 'aria-label': 'Bytes in hex', tabIndex: 0 })}
    />
  );
}

/** Two groups of eight. */
function hexOf(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return `${digits.slice(0, 8).join(' ').padEnd(23)}  ${digits.slice(8).join(' ')}`;
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
}
