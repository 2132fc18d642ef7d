import DOMPurify from "dompurify";
import parse from "html-react-parser";
import { useParams, useSearchParams } from "react-router-dom";

export function Bio() {
  const [params] = useSearchParams();
  // ruleid: javascript.xss
  return <div dangerouslySetInnerHTML={{ __html: params.get("bio") ?? "" }} />;
}

export function BioClean() {
  const [params] = useSearchParams();
  // ok: javascript.xss
  return <div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(params.get("bio") ?? "") }} />;
}

export function BioText() {
  const [params] = useSearchParams();
  // ok: javascript.xss
  return <div>{params.get("bio")}</div>;
}

export function Title() {
  const { title } = useParams();
  // ruleid: javascript.xss
  const markup = { __html: `<h1>${title}</h1>` };
  return (
    <header>
      {/* ok: javascript.xss */}
      <span>{title}</span>
      <div dangerouslySetInnerHTML={markup} />
    </header>
  );
}

export function Parsed() {
  const [params] = useSearchParams();
  // ruleid: javascript.xss
  return <div>{parse(params.get("html") ?? "")}</div>;
}

export function Structured({ name }: { name: string }) {
  // ok: javascript.xss
  return <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: '{"@type":"Person"}' }} key={name} />;
}

export default async function SearchPage({ searchParams }: { searchParams: { q: string } }) {
  // ruleid: javascript.xss
  return <p dangerouslySetInnerHTML={{ __html: `Results for ${searchParams.q}` }} />;
}

export async function ListPage({ searchParams }: { searchParams: { q: string } }) {
  // ok: javascript.xss
  return <p>Results for {searchParams.q}</p>;
}
