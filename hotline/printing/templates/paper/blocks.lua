-- A pandoc filter: what the marks in the Markdown of hotline/paper.py stand for, in Typst and in Word.
--
-- The first paragraph is the mark itself, a word that occurs nowhere else; a paragraph that begins with it says:
--   MARK call NAME INDEX   a block with a layout of its own: a call of bulletin.typ, by the block's number
--   MARK open NAME         what follows, up to MARK close, belongs to NAME (article, correction)
-- and for Word, whose layout is in named styles:
--   MARK style NAME        the next paragraph is in that style
--   MARK tab NAME          the next two paragraphs are one line in that style, the second at its right end
--   MARK chart INDEX       the next paragraph describes the chart that stands here
--   MARK wide              the next table is as wide as the text
--   MARK imprint … MARK printed   the lines between are the imprint's; the last two stand in one line
-- Free text holds no raw HTML, Typst or Word: the reader has those extensions off, so nothing but these is markup.

-- Nothing is fetched, and a link leads out or is text.
local only_safe = {
  Image = function(image)
    if #image.caption == 0 or image.src:match("^hotline%-chart%-%d+%.png$") then return #image.caption > 0 and image or {} end
    return {pandoc.Str("（图："), pandoc.Span(image.caption), pandoc.Str("）")}
  end,
  Link = function(link)
    return link.target:match("^https?:") and link or link.content
  end,
}

-- Characters that pandoc 3.9 leaves to Typst's shorthands: ... would become an ellipsis, -5 a minus sign, -? nothing.
local as_written = {
  Str = function(str)
    if FORMAT ~= "typst" or not str.text:find("[-.]") then return nil end
    local out = pandoc.List()
    for text, sign in (str.text .. "\0"):gmatch("([^-.]*)([-.%z])") do
      if text ~= "" then out:insert(pandoc.Str(text)) end
      if sign ~= "\0" then out:insert(pandoc.RawInline("typst", "\\" .. sign)) end
    end
    return out
  end,
}

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function styled(name, inlines)
  return pandoc.Div({pandoc.Para(inlines)}, {["custom-style"] = name})
end

-- The last paragraph stays with the signature: no page holds the signature alone
-- (GB/T 9704-2012, 7.3.5.4).
local function keep_last(blocks)
  if #blocks > 0 and blocks[#blocks].tag == "Para" then
    local last = blocks:remove()
    blocks:extend(FORMAT == "typst" and {raw("#keep["), last, raw("]")} or {styled("文末段", last.content)})
  end
end

-- Word's table style sets no text of its own size, so every cell's paragraph has its style.
local function in_cells(tbl)
  for part, name in pairs({head = "表头", body = "表文"}) do
    for _, rows in ipairs(part == "head" and {tbl.head.rows} or tbl.bodies:map(function(body) return body.body end)) do
      for _, row in ipairs(rows) do
        for _, cell in ipairs(row.cells) do
          cell.contents = {styled(name, pandoc.utils.blocks_to_inlines(cell.contents))}
        end
      end
    end
  end
  return tbl
end

local function as_wide(tbl)
  local count = #tbl.colspecs
  for at, spec in ipairs(tbl.colspecs) do
    local width = at == 1 and 0.07 or at == 2 and 0.91 - 0.11 * 2 - 0.16 * (count - 4) or at <= 4 and 0.11 or 0.16
    tbl.colspecs[at] = {spec[1], count == 6 and width + (at == 2 and 0.02 or 0) or 1 / count}
  end
  return tbl
end

local word = {}

function word.style(block, name)
  return styled(name, block.content)
end

function word.tab(block, name, before)
  if not before then return nil end
  local line = before.content .. {pandoc.RawInline("openxml", "<w:r><w:tab/></w:r>")} .. block.content
  return styled(name, line)
end

function word.chart(block, index)
  local file = "hotline-chart-" .. index .. ".png"
  return styled("图", {pandoc.Image(block.content, file, "", {width = "156mm"})})
end

function word.wide(block)
  return as_wide(in_cells(block))
end

-- The imprint as a table with three rules, fixed to the bottom of the type area of the page that it falls on.
local function imprint(lines)
  local function line(text, side)
    local clean = text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;")
    return '<w:p><w:pPr><w:pStyle w:val="Imprint"/>' .. (side and '<w:jc w:val="' .. side .. '"/>' or "") .. "</w:pPr>"
      .. '<w:r><w:t xml:space="preserve">' .. clean .. "</w:t></w:r></w:p>"
  end
  local function cell(width, span, content)
    return '<w:tc><w:tcPr><w:tcW w:w="' .. width .. '" w:type="dxa"/><w:gridSpan w:val="' .. span .. '"/></w:tcPr>' .. content .. "</w:tc>"
  end
  local function rule(side, size)
    return "<w:" .. side .. ' w:val="single" w:sz="' .. size .. '" w:space="0" w:color="auto"/>'
  end
  local date, office = lines:remove(), lines:remove()
  local told = table.concat(lines:map(function(text) return line(text) end))
  return pandoc.RawBlock("openxml", "<w:tbl><w:tblPr>"
    .. '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:topFromText="280" w:vertAnchor="margin" w:horzAnchor="margin" w:tblpXSpec="left" w:tblpYSpec="bottom"/>'
    .. '<w:tblOverlap w:val="never"/><w:tblW w:w="8845" w:type="dxa"/><w:tblBorders>' .. rule("top", 8) .. rule("bottom", 8) .. rule("insideH", 6) .. "</w:tblBorders>"
    .. '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="280" w:type="dxa"/><w:right w:w="280" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    .. '<w:tblGrid><w:gridCol w:w="5245"/><w:gridCol w:w="3600"/></w:tblGrid>'
    .. (told ~= "" and "<w:tr>" .. cell(8845, 2, told) .. "</w:tr>" or "")
    .. "<w:tr>" .. cell(5245, 1, line(office)) .. cell(3600, 1, line(date, "right")) .. "</w:tr></w:tbl>"
    .. '<w:p><w:pPr><w:pStyle w:val="Anchor"/></w:pPr></w:p>')
end

local function in_word(block, inside)
  if block.tag == "Table" then return in_cells(block) end
  if inside == "correction" and block.tag == "Para" then return styled("更正", block.content) end
  if inside == "article" and block.tag == "Header" and block.level == 2 then return styled("文章题目", block.content) end
  return block
end

function Pandoc(doc)
  local typst = FORMAT == "typst"
  local mark = pandoc.utils.stringify(doc.blocks:remove(1))
  local out, order, name, inside, before, lines = pandoc.List(), nil, nil, nil, nil, nil
  for _, block in ipairs(doc.blocks) do
    local said = block.tag == "Para" and block.content[1].text == mark and pandoc.utils.stringify(block) or ""
    local verb, what, index = said:match("^%S+ (%S+) ?(%S*) ?(%S*)$")
    if verb == "call" then
      if what == "signoff" then keep_last(out) end
      out:insert(raw("#" .. what .. "(" .. index .. ")"))
    elseif verb == "open" then
      inside = what
      if typst then out:insert(raw("#" .. what .. "[")) end
    elseif verb == "imprint" then
      lines = pandoc.List()
    elseif verb == "printed" then
      out:insert(imprint(lines))
      lines = nil
    elseif lines then
      lines:insert(pandoc.utils.stringify(block))
    elseif verb == "close" then
      if inside == "article" then keep_last(out) end
      if typst then out:insert(raw("]")) end
      inside = nil
    elseif verb then
      order, name, before = verb, what, nil
    else
      -- Level 1 is the title's, in the masthead: sections are a document's first level.
      if block.tag == "Header" then block.level = math.max(block.level - 1, 1) end
      local done = block
      if order then done = word[order](block, name, before) elseif not typst then done = in_word(block, inside) end
      if done then
        out:insert(done)
        order, before = nil, nil
      else
        before = block
      end
    end
  end
  return pandoc.Pandoc(out, doc.meta):walk(only_safe):walk(as_written)
end
