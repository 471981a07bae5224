import { useState } from 'preact/hooks';
import type { ValueNode } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useHere } from '../client/studio.ts';
import { count, longTime, time } from '../lib/format.ts';
import { Icon } from '../ui/icon.tsx';
import { notify } from '../ui/notices.tsx';
import { type Child, childrenOf, kindClass, plainNumber, sizeOf, summaryOf } from './nodes.ts';
import { readPart, type ValuePlace } from './place.ts';

/** Children that are read at a time. */
const PART = 200;
const PART_OF_TEXT = 20_000;
/** Numbers that are shown before a person asks for more. */
const FEW_NUMBERS = 16;
/** Nodes with so few children are open at first. */
const OPEN_SIZE = 30;

/** A value with its types. What is left out is read when a person asks for it; without a place it cannot be. */
export function ValueTree({ node, place }: { node: ValueNode; place?: ValuePlace | undefined }) {
  return (
    <div class="tree">
      <Node node={node} path="" place={place} depth={0} />
    </div>
  );
}

interface NodeProps {
  readonly node: ValueNode;
  readonly path: string;
  readonly place: ValuePlace | undefined;
  readonly depth: number;
  readonly name?: string;
  readonly mapKey?: ValueNode | undefined;
}

function Node(props: NodeProps) {
  const { node, depth } = props;
  const size = sizeOf(node);
  return size > 0 || (node.t === 'error' && node.stack) ? (
    <Branch {...props} size={size} isOpenAtFirst={depth === 0 || (depth < 2 && size <= OPEN_SIZE)} />
  ) : (
    <div class="leaf">
      <Label {...props} />
      <Leaf {...props} />
    </div>
  );
}

function Label({ name, mapKey }: NodeProps) {
  if (mapKey) {
    return (
      <span class="name">
        <span class={kindClass(mapKey)}>{summaryOf(mapKey, 1)}</span> →{' '}
      </span>
    );
  }
  return name === undefined || name === '' ? null : <span class="name">{name}: </span>;
}

function typeName(node: ValueNode, size: number): string {
  switch (node.t) {
    case 'array':
      return `Array(${count(size)})`;
    case 'map':
      return `Map(${count(size)})`;
    case 'set':
      return `Set(${count(size)})`;
    case 'error':
      return `${node.name}: ${node.message}`;
    default:
      return `{${count(size)}}`;
  }
}

function Branch(props: NodeProps & { size: number; isOpenAtFirst: boolean }) {
  const { node, path, place, depth, size } = props;
  const [isOpen, setOpen] = useState(props.isOpenAtFirst);
  const { file } = useHere();
  const [more, setMore] = useState<readonly Child[]>([]);
  const children = [...childrenOf(node), ...more];
  const readMore = async () => {
    if (!place) return;
    try {
      const part = await readPart(file.id, place, path, children.length, PART);
      setMore([...more, ...childrenOf(part, children.length)]);
    } catch (error) {
      notify(shownError(error).message);
    }
  };
  const id = 'id' in node && node.id !== undefined ? <span class="badge">↑ {node.id}</span> : null;
  return (
    <div class="branch">
      <button type="button" class="twist" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} />
        <span>
          <Label {...props} />
          <span class="type">{typeName(node, size)}</span> {id}
          {!isOpen && <span class="glance">{summaryOf(node, 1)}</span>}
        </span>
      </button>
      {isOpen && (
        <ul>
          {children.map((child) => (
            <li key={child.place}>
              <Node
                node={child.node}
                name={child.name}
                mapKey={child.key}
                path={path === '' ? child.place : `${path}.${child.place}`}
                place={place}
                depth={depth + 1}
              />
            </li>
          ))}
          {node.t === 'error' && node.stack && (
            <li>
              <pre class="stack">{node.stack}</pre>
            </li>
          )}
          {children.length < size && (
            <li>
              {place ? (
                <button type="button" class="button quiet" onClick={readMore}>
                  Show more ({count(size - children.length)} left)
                </button>
              ) : (
                <span class="about">{count(size - children.length)} more</span>
              )}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function Leaf(props: NodeProps) {
  const { node } = props;
  switch (node.t) {
    case 'string':
      return <Text {...props} node={node} />;
    case 'date':
      return (
        <span class="kind-time" title={node.v === null ? undefined : longTime(node.v)}>
          {node.v === null ? 'Invalid Date' : <time dateTime={new Date(node.v).toISOString()}>{time(node.v)}</time>}
          <span class="type"> Date</span>
        </span>
      );
    case 'bigint':
      return (
        <span class="kind-bigint">
          {node.v}
          <span class="type">n</span>
        </span>
      );
    case 'typed-array':
    case 'tensor':
      return <Numbers {...props} node={node} />;
    case 'bytes':
      return (
        <span class="kind-bytes">
          <span class="type">
            {node.name}({count(node.length)}){' '}
          </span>
          {node.hex.replace(/../g, '$& ').trim()}
          {node.cut && ' …'}
        </span>
      );
    case 'array':
    case 'map':
    case 'set':
    case 'object':
      return <span class="type">{node.t === 'object' ? '{} empty' : `${typeName(node, 0)} empty`}</span>;
    case 'ref':
      return <span class="badge">the same as ↑ {node.id}</span>;
    case 'other':
      return (
        <span>
          <span class="type">{node.name} </span>
          {node.text}
        </span>
      );
    default:
      return <span class={kindClass(node)}>{summaryOf(node, 1)}</span>;
  }
}

function Text({ node, path, place }: NodeProps & { node: Extract<ValueNode, { t: 'string' }> }) {
  const { file } = useHere();
  const [more, setMore] = useState('');
  const text = node.v + more;
  const readMore = async () => {
    if (!place) return;
    try {
      const part = await readPart(file.id, place, path, text.length, PART_OF_TEXT);
      if (part.t === 'string') setMore(more + part.v);
    } catch (error) {
      notify(shownError(error).message);
    }
  };
  return (
    <span class="kind-text">
      “{text}
      {text.length >= node.length && '”'}
      {text.length < node.length && place && (
        <button type="button" class="button quiet" onClick={readMore}>
          Show more of {count(node.length)} characters
        </button>
      )}
    </span>
  );
}

function Numbers({ node, path, place }: NodeProps & { node: Extract<ValueNode, { t: 'typed-array' | 'tensor' }> }) {
  const { file } = useHere();
  const [more, setMore] = useState<readonly (number | string)[]>([]);
  const [isFew, setFew] = useState(node.v.length > FEW_NUMBERS);
  const numbers = isFew ? node.v.slice(0, FEW_NUMBERS) : [...node.v, ...more];
  const isAll = numbers.length >= node.length;
  const readMore = async () => {
    if (isFew) {
      setFew(false);
      return;
    }
    if (!place) return;
    try {
      const part = await readPart(file.id, place, path, numbers.length, PART);
      if (part.t === 'typed-array' || part.t === 'tensor') setMore([...more, ...part.v]);
    } catch (error) {
      notify(shownError(error).message);
    }
  };
  return (
    <span class="kind-number">
      <span class="type">
        {node.t === 'tensor'
          ? `Tensor ${node.dtype} ${node.shape.join(' × ')}`
          : `${node.name}(${count(node.length)})`}{' '}
      </span>
      [{numbers.map(plainNumber).join(', ')}
      {isAll ? ']' : ', … '}
      {!isAll && (place || isFew) && (
        <button type="button" class="button quiet" onClick={readMore}>
          Show more
        </button>
      )}
    </span>
  );
}
