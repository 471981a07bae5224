import type { ComponentChildren } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Overview, StudioFile, StudioInfo } from '../../src/api/types.ts';
import { LiveContext, useFollowed } from '../client/live.ts';
import { bytes, count, shortCount, since } from '../lib/format.ts';
import { addressOf, goTo, type Route } from '../lib/router.ts';
import { Icon } from '../ui/icon.tsx';

export function Sidebar(props: {
  studio: StudioInfo;
  file: StudioFile;
  overview: Overview | undefined;
  route: Route;
  showHelp: () => void;
}) {
  const { studio, file, overview, route } = props;
  const [open, setOpen] = useState(false);
  const address = route.path.join('/');
  useEffect(() => setOpen(false), [address]);
  const [, section, name] = route.path;
  const link = (path: string[], text: string, amount?: number | null) => (
    <SideLink
      key={path.join('/')}
      href={addressOf([file.id, ...path])}
      current={section === path[0] && (path[1] === undefined || name === path[1])}
      name={text}
      amount={amount}
    />
  );
  return (
    <aside class={`side${open ? ' open' : ''}`} aria-label="The file and its parts">
      <div class="side-head">
        <img src="./icon.svg" alt="" />
        <div class="file-name" title={file.path}>
          <strong>{file.name}</strong>
          <span>
            {overview ? bytes(overview.bytes) : 'Opening…'}
            {studio.readonly || file.readonly ? ' · read-only' : ' · writable'}
          </span>
        </div>
        <button
          type="button"
          class="button quiet menu-button"
          aria-expanded={open}
          aria-controls="parts"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'close' : 'menu'} />
          <span class="hidden-label">Parts of the file</span>
        </button>
      </div>
      <nav id="parts" aria-label="Parts of the file">
        {studio.files.length > 1 && <FileChoice studio={studio} file={file} />}
        <ul>
          <SideLink href={addressOf([file.id])} current={section === undefined} name="Overview" />
        </ul>
        {overview && (
          <>
            <Group title="Keys" shown={overview.kv.length > 0}>
              {overview.kv.map(({ table, keys }) => link(['keys', table], table, keys))}
            </Group>
            <Group title="Columns" shown={overview.columns.length > 0}>
              {link(['columns'], 'All columns', overview.columns.length)}
            </Group>
            <Group title="Vectors" shown={overview.vectors.length > 0}>
              {overview.vectors.map(({ table, vectors }) => link(['vectors', table], table, vectors))}
            </Group>
            <Group title="Texts" shown={overview.texts.length > 0}>
              {overview.texts.map(({ table, documents }) => link(['texts', table], table, documents))}
            </Group>
            <Group title="More" shown>
              {link(['sql'], 'SQL')}
            </Group>
          </>
        )}
      </nav>
      <div class="side-foot">
        <LiveState file={file.id} />
        <button type="button" class="button quiet" onClick={props.showHelp} aria-label="Keyboard help">
          <Icon name="keyboard" />
          <kbd>?</kbd>
        </button>
      </div>
    </aside>
  );
}

function Group({ title, shown, children }: { title: string; shown: boolean; children: ComponentChildren }) {
  if (!shown) return null;
  return (
    <>
      <h2>{title}</h2>
      <ul>{children}</ul>
    </>
  );
}

function SideLink(props: { href: string; current: boolean; name: string; amount?: number | null | undefined }) {
  const { href, current, name, amount } = props;
  return (
    <li>
      <a class="side-link" href={href} aria-current={current ? 'page' : undefined} title={name}>
        <span class="name">{name}</span>
        {typeof amount === 'number' && (
          <span class="amount" title={count(amount)}>
            {shortCount(amount)}
          </span>
        )}
      </a>
    </li>
  );
}

function FileChoice({ studio, file }: { studio: StudioInfo; file: StudioFile }) {
  return (
    <label class="labeled above">
      File
      <select class="field" value={file.id} onChange={(event) => goTo(addressOf([event.currentTarget.value]))}>
        {studio.files.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function LiveState({ file }: { file: string }) {
  const { connected } = useContext(LiveContext);
  const { changedAt, gone, problem } = useFollowed(file);
  const now = useNow(changedAt !== undefined);
  const state = !connected || gone !== undefined || problem !== undefined ? 'lost' : changedAt ? 'live' : '';
  const text =
    gone !== undefined
      ? 'The file has gone'
      : !connected
        ? 'Not connected'
        : problem !== undefined
          ? 'Cannot be read now'
          : changedAt !== undefined
            ? `Changed ${since(changedAt, now)}`
            : 'Following the file';
  return (
    <span class="live-state" title={problem}>
      <span class={`pulse ${state}`} aria-hidden="true" />
      <span>{text}</span>
    </span>
  );
}

function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return Math.max(now, Date.now());
}
